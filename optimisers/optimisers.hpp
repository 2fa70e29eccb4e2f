// optimisers: rules on one array or number, and the walk that applies one to a whole model.
#pragma once
#include <optimisers/adam.hpp>     // Adam
#include <optimisers/descent.hpp>  // Descent, Momentum
#include <optimisers/update.hpp>   // setup, update
