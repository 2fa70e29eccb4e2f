// Kernels of the tests, for the CPU and the GPU.
#pragma once
#include "check.hpp"

namespace kernels {
using cuarrays::Index;

/// Branches; elements by a[i] and a(i); a field with an adjoint.
struct Blur {
  double weight;
  ZYGOTE FLUX_KERNEL double operator()(Index i, auto x) const {
    if (i > 0 && i + 1 < x.size()) return weight * (x[i - 1] + x[i] + x[i + 1]) / 3;
    return x(i);
  }
};
/// A loop; places that other calls read too; a scalar.
struct Product {
  ZYGOTE FLUX_KERNEL auto operator()(Index i, Index j, auto a, auto b, double scale) const {
    auto s = a(i, 0) * b(0, j);
    for (Index k = 1; k < a.size(1); ++k) s += a(i, k) * b(k, j);
    return scale * s;
  }
};
/// Loops whose values the reverse needs: their number depends on the position, or on data (Newton's method).
struct Series {
  ZYGOTE FLUX_KERNEL double operator()(Index i, auto x) const {
    double s = 0;
    for (Index k = 0; k <= i; ++k) s = s * x[k] / (1 + s * s) + x[i - k];
    return s;
  }
};
struct Root {
  ZYGOTE FLUX_KERNEL double operator()(Index i, auto x) const {
    const double square = 2 + x[i] * x[i];
    double y = square;
    for (int n = 0; n < 50; ++n) {
      const double step = (y * y - square) / (2 * y);
      if (step < 1e-12) break;
      y -= step;
    }
    return y;
  }
};
/// Arrays of structs: springs from each point to the next.
struct Point {
  double x, y;
};
struct Springs {
  double stiffness;
  ZYGOTE FLUX_KERNEL double operator()(Index i, auto points) const {
    if (i + 1 >= points.size()) return 0;
    const Point from = points[i], to = points[i + 1];
    const double dx = to.x - from.x, dy = to.y - from.y;
    return stiffness * (dx * dx + dy * dy);
  }
};
struct Coordinate {
  bool second;
  FLUX_KERNEL double operator()(const Point& p) const { return second ? p.y : p.x; }
};
/// Places that depend on data.
struct Lookup {
  ZYGOTE FLUX_KERNEL auto operator()(Index i, Index j, auto table, auto labels) const {
    const auto x = table(i, labels(j));
    return x * x;
  }
};
/// Fields of elements, in a loop; one of the structs has a field that is a struct, an array, and a whole number.
struct Body {
  Point at;
  double mass, pull[2];
  int kind;
};
struct Gravity {
  ZYGOTE FLUX_KERNEL double operator()(Index i, auto bodies) const {
    double total = bodies[i].kind > 0 ? bodies[i].pull[1] : 0;
    for (Index k = 0; k < bodies.size(); ++k) {
      if (k >= i || k + 4 < i) continue;
      const double x = bodies[k].at.x - bodies[i].at.x, y = bodies[k].at.y - bodies[i].at.y;
      total += bodies[k].mass * bodies[i].mass / (1 + x * x + y * y) + bodies[k].pull[k % 2];
    }
    return total;
  }
};
/// Of Body, its numbers one after the other.
struct Numbers {
  FLUX_KERNEL double operator()(Index i, Index j, const auto& bodies) const {
    const Body b = bodies[j];
    const double all[] = {b.at.x, b.at.y, b.mass, b.pull[0], b.pull[1]};
    return all[i];
  }
};
/// Kernels that write: to some elements only, next to reads by other calls, with a field.
struct Diffuse {
  double rate;
  ZYGOTE FLUX_KERNEL void operator()(Index i, auto next, auto u) const {
    if (i == 0 || i + 1 >= u.size()) return;
    next[i] = u[i] + rate * u[i] * (u[i - 1] - 2 * u[i] + u[i + 1]);
  }
};
/// Places that other calls read too.
struct Half {
  ZYGOTE FLUX_KERNEL void operator()(Index i, auto out, auto in) const {
    if (i % 2 == 0) out[i] = in[i] * in[i / 2] * out[i];
  }
};
/// What it writes it reads again, in a loop.
struct Sums {
  ZYGOTE FLUX_KERNEL void operator()(Index i, Index j, auto out, auto a) const {
    for (Index k = 0; k < a.size(1); ++k) out(i, j) = out(i, j) * 0.9 + a(i, k) * a((i + j) % a.size(0), k);
  }
};
/// The same, with integers; the number of writes depends on the position; integers.
struct Iterate {
  ZYGOTE FLUX_KERNEL void operator()(Index i, auto out, auto in, auto count) const {
    for (Index k = 0; k <= i; ++k) {
      out[i] = out[i] * in[k] + std::sin(out[i]);
      count[i] += 1;
    }
  }
};
/// Two results, by position, and a number.
struct Rotate {
  ZYGOTE FLUX_KERNEL void operator()(Index i, Index j, auto& x, auto& y, const auto& angle, double scale) const {
    const double old = x(i, j), c = std::cos(angle(j, i)), s = std::sin(angle(j, i));
    x(i, j) = scale * (c * old - s * y(i, j));
    y(i, j) *= c;
    y(i, j) += s * old;
  }
};
/// Structs, by what a function and a lambda write.
ZYGOTE FLUX_KERNEL void turn(Index i, auto& points, double by) { points[i] = Point{points[i].y * by, points[i].x}; }
struct Turn {
  ZYGOTE FLUX_KERNEL void operator()(Index i, auto points, cuarrays::View<const double, 1> by) const {
    const Point old = points[i];
    turn(i, points, by[i]);
    const auto stretch = [&](double f) { points[i].y *= f; };
    stretch(old.y);
    if (i > 0) stretch(by[i - 1]);
  }
};
}  // namespace kernels
