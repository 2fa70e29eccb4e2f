// The reprojection error of ba.hpp again, tuned, with an adjoint written by hand. `Width` adjoints, one for each row of
// a Jacobian, are pulled back together, while all values of the primal are still in registers.
#pragma once
#include <array>

#include "ba.hpp"

namespace ba {

/// `Width` numbers, one for each adjoint that is pulled back; g++ and clang++ compute with them in vector registers.
template <int Width>
struct Rows {
  typedef double Vector __attribute__((vector_size(Width * sizeof(double))));
  Vector row;

  friend Rows operator+(const Rows& a, const Rows& b) { return {a.row + b.row}; }
  friend Rows operator-(const Rows& a, const Rows& b) { return {a.row - b.row}; }
  friend Rows operator*(const Rows& a, double b) { return {a.row * b}; }
};
template <int Width>
using Rows3 = std::array<Rows<Width>, 3>;
using Numbers3 = std::array<double, 3>;

inline Numbers3 numbers(const Vec3& v) { return {v.x, v.y, v.z}; }

template <int Width>
Rows<Width> dot_rows(const Rows3<Width>& a, const Numbers3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// g x b; the adjoints of c = a x b are b x dc = -(dc x b) for a, and dc x a for b.
template <int Width>
Rows3<Width> cross_rows(const Rows3<Width>& g, const Numbers3& b) {
  return {g[1] * b[2] - g[2] * b[1], g[2] * b[0] - g[0] * b[2], g[0] * b[1] - g[1] * b[0]};
}

/// Adjoints of one observation: r(3), C(3), f, u0, v0, k1, k2; X(3); w.
template <int Width>
using Adjoints = std::array<Rows<Width>, 15>;

/// One evaluation of the error, and all that its adjoint reads.
struct Projection {
  bool turns;
  double angle_inverse, cosine, sine, along, depth_inverse, px, py, rho2, factor;
  Numbers3 axis, moved, turned;
  Vec2 unweighted, error;

  Projection(const Camera& c, const Vec3& point, double weight, const Vec2& feature) {
    const Numbers3 r = numbers(c.rotation);
    moved = {point.x - c.centre.x, point.y - c.centre.y, point.z - c.centre.z};
    const double squared_angle = dot(c.rotation, c.rotation);
    turns = squared_angle != 0;
    const double angle = std::sqrt(squared_angle);
    angle_inverse = turns ? 1 / angle : 1;
    cosine = std::cos(angle);
    sine = turns ? std::sin(angle) : 1;  // for no angle: moved + r x moved
    axis = {r[0] * angle_inverse, r[1] * angle_inverse, r[2] * angle_inverse};
    turned = {axis[1] * moved[2] - axis[2] * moved[1], axis[2] * moved[0] - axis[0] * moved[2],
              axis[0] * moved[1] - axis[1] * moved[0]};
    along = axis[0] * moved[0] + axis[1] * moved[1] + axis[2] * moved[2];
    const double share = along * (1 - cosine);
    const double x = moved[0] * cosine + turned[0] * sine + axis[0] * share;
    const double y = moved[1] * cosine + turned[1] * sine + axis[1] * share;
    depth_inverse = 1 / (moved[2] * cosine + turned[2] * sine + axis[2] * share);
    px = x * depth_inverse;
    py = y * depth_inverse;
    rho2 = px * px + py * py;
    factor = 1 + rho2 * (c.k1 + c.k2 * rho2);
    unweighted = {c.focal * (px * factor) + c.principal.x - feature.x,
                  c.focal * (py * factor) + c.principal.y - feature.y};
    error = {weight * unweighted.x, weight * unweighted.y};
  }
};

/// Adjoints of rotation and moved point from that of the rotated point, g.
template <int Width>
void rotate_back(const Projection& p, const Rows3<Width>& g, Rows3<Width>& d_rotation, Rows3<Width>& d_moved) {
  const Rows<Width> g_axis = dot_rows(g, p.axis), d_along = g_axis * (1 - p.cosine);
  const Rows3<Width> by_sine{g[0] * p.sine, g[1] * p.sine, g[2] * p.sine};
  const Rows3<Width> to_moved = cross_rows(by_sine, p.axis), to_axis = cross_rows(by_sine, p.moved);
  const double share = p.along * (1 - p.cosine);
  Rows3<Width> d_axis;
  for (std::size_t i = 0; i < 3; ++i) {
    d_moved[i] = g[i] * p.cosine + to_moved[i] + d_along * p.axis[i];
    d_axis[i] = g[i] * share - to_axis[i] + d_along * p.moved[i];
  }
  if (!p.turns) {
    for (std::size_t i = 0; i < 3; ++i) d_rotation[i] = d_axis[i];
    return;
  }
  const Rows<Width> d_cosine = dot_rows(g, p.moved) - g_axis * p.along, d_sine = dot_rows(g, p.turned);
  const Rows<Width> d_angle =
      d_sine * p.cosine - d_cosine * p.sine - dot_rows(d_axis, p.axis) * p.angle_inverse;  // axis = r / angle
  for (std::size_t i = 0; i < 3; ++i) d_rotation[i] = d_axis[i] * p.angle_inverse + d_angle * p.axis[i];
}

/// Pulls back the adjoints (ex, ey) of the error.
template <int Width>
Adjoints<Width> project_back(const Projection& p, const Camera& c, double weight, const Rows<Width>& ex,
                             const Rows<Width>& ey) {
  const Rows<Width> u = ex * weight, v = ey * weight;
  const Rows<Width> qx = u * c.focal, qy = v * c.focal;  // of the distorted point
  const Rows<Width> d_factor = qx * p.px + qy * p.py;
  const Rows<Width> d_rho2 = d_factor * (2 * (c.k1 + 2 * c.k2 * p.rho2));  // twice: rho2 = px^2 + py^2
  const Rows<Width> d_px = qx * p.factor + d_rho2 * p.px, d_py = qy * p.factor + d_rho2 * p.py;
  const Rows3<Width> seen{d_px * p.depth_inverse, d_py * p.depth_inverse,
                          (d_px * p.px + d_py * p.py) * -p.depth_inverse};
  Rows3<Width> d_rotation, d_moved;
  rotate_back(p, seen, d_rotation, d_moved);
  const Rows<Width> d_k1 = d_factor * p.rho2;
  return {d_rotation[0],
          d_rotation[1],
          d_rotation[2],
          d_moved[0] * -1.,
          d_moved[1] * -1.,
          d_moved[2] * -1.,
          u * (p.px * p.factor) + v * (p.py * p.factor),
          u,
          v,
          d_k1,
          d_k1 * p.rho2,
          d_moved[0],
          d_moved[1],
          d_moved[2],
          ex * p.unweighted.x + ey * p.unweighted.y};
}

/// The 2 x 15 Jacobian of one observation's error, column by column, and that of its weight error.
struct Block {
  std::array<std::array<double, 2>, 15> error;
  double weight;
};

inline double tuned_errors(const Scene& scene, const std::vector<Observation>& observations, double* errors) {
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const Observation& o = observations[i];
    const double w = scene.weights[i];
    const Projection p(scene.cameras[o.camera], scene.points[o.point], w, o.feature);
    errors[3 * i] = p.error.x;
    errors[3 * i + 1] = p.error.y;
    errors[3 * i + 2] = 1 - w * w;
  }
  return errors[0];
}

inline double hand_blocks(const Scene& scene, const std::vector<Observation>& observations, double* errors,
                          Block* blocks) {
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const Observation& o = observations[i];
    const Camera& camera = scene.cameras[o.camera];
    const double w = scene.weights[i];
    const Projection p(camera, scene.points[o.point], w, o.feature);
    const auto adjoints = project_back<2>(p, camera, w, {Rows<2>::Vector{1, 0}}, {Rows<2>::Vector{0, 1}});
    for (std::size_t j = 0; j < 15; ++j)
      for (std::size_t row = 0; row < 2; ++row) blocks[i].error[j][row] = adjoints[j].row[row];
    blocks[i].weight = -2 * w;
    errors[3 * i] = p.error.x;
    errors[3 * i + 1] = p.error.y;
    errors[3 * i + 2] = 1 - w * w;
  }
  return errors[0];
}

inline double tuned(const Scene& scene, const std::vector<Observation>& observations) {
  double sum = 0;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const Observation& o = observations[i];
    const double weight = scene.weights[i], w = 1 - weight * weight;
    const Vec2 e = Projection(scene.cameras[o.camera], scene.points[o.point], weight, o.feature).error;
    sum += e.x * e.x + e.y * e.y + w * w;
  }
  return 0.5 * sum;
}

/// Adds adjoints to those of a camera and a point.
inline void add_to(Camera& camera, Vec3& point, const Adjoints<1>& a) {
  double* const places[14] = {&camera.rotation.x,
                              &camera.rotation.y,
                              &camera.rotation.z,
                              &camera.centre.x,
                              &camera.centre.y,
                              &camera.centre.z,
                              &camera.focal,
                              &camera.principal.x,
                              &camera.principal.y,
                              &camera.k1,
                              &camera.k2,
                              &point.x,
                              &point.y,
                              &point.z};
  for (std::size_t i = 0; i < 14; ++i) *places[i] += a[i].row[0];
}

/// The adjoint of an observation's error is the error itself, so each runs forward and backward before the next.
inline double hand(const Scene& scene, const std::vector<Observation>& observations, Scene& gradient) {
  gradient.cameras.assign(scene.cameras.size(), Camera{});
  gradient.points.assign(scene.points.size(), Vec3{});
  gradient.weights.resize(scene.weights.size());
  double sum = 0;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    const Observation& o = observations[i];
    const Camera& camera = scene.cameras[o.camera];
    const double weight = scene.weights[i], w = 1 - weight * weight;
    const Projection p(camera, scene.points[o.point], weight, o.feature);
    const auto adjoints =
        project_back<1>(p, camera, weight, {Rows<1>::Vector{p.error.x}}, {Rows<1>::Vector{p.error.y}});
    add_to(gradient.cameras[o.camera], gradient.points[o.point], adjoints);
    gradient.weights[i] = adjoints[14].row[0] - 2 * weight * w;
    sum += p.error.x * p.error.x + p.error.y * p.error.y + w * w;
  }
  return 0.5 * sum;
}

}  // namespace ba
