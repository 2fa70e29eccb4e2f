#pragma once
inline constexpr double offset = 1;
