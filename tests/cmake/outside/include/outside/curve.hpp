#pragma once
#include <zygote/zygote.hpp>

ZYGOTE inline double curve(double x) { return 3 * x * x; }
