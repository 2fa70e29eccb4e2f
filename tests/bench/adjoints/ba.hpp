// Bundle adjustment, as one would write it: the reprojection error of a point seen by a camera with radial distortion.
// After the definition in "ADBench: benchmarking automatic differentiation", Srajer, Kukelova, Fitzgibbon 2018.
#pragma once
#include <cmath>
#include <vector>
#include <zygote/zygote.hpp>

namespace ba {

struct Vec2 {
  double x, y;
};

struct Vec3 {
  double x, y, z;
};

struct Camera {
  Vec3 rotation;  // axis times angle
  Vec3 centre;
  double focal;
  Vec2 principal;
  double k1, k2;  // radial distortion
};

struct Observation {
  std::size_t camera, point;
  Vec2 feature;
};

/// What is optimised; one weight per observation.
struct Scene {
  std::vector<Camera> cameras;
  std::vector<Vec3> points;
  std::vector<double> weights;
};

ZYGOTE double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

ZYGOTE Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

/// Rodrigues' formula.
ZYGOTE Vec3 rotate(const Vec3& rotation, const Vec3& x) {
  const double squared_angle = dot(rotation, rotation);
  if (squared_angle == 0) {
    const Vec3 turned = cross(rotation, x);
    return {x.x + turned.x, x.y + turned.y, x.z + turned.z};
  }
  const double angle = std::sqrt(squared_angle), cosine = std::cos(angle), sine = std::sin(angle);
  const Vec3 axis{rotation.x / angle, rotation.y / angle, rotation.z / angle};
  const Vec3 turned = cross(axis, x);
  const double along = dot(axis, x) * (1 - cosine);
  return {x.x * cosine + turned.x * sine + axis.x * along, x.y * cosine + turned.y * sine + axis.y * along,
          x.z * cosine + turned.z * sine + axis.z * along};
}

ZYGOTE Vec2 distort(double k1, double k2, Vec2 p) {
  const double rho2 = p.x * p.x + p.y * p.y;
  const double factor = 1 + k1 * rho2 + k2 * rho2 * rho2;
  p.x *= factor;
  p.y *= factor;
  return p;
}

ZYGOTE Vec2 project(const Camera& camera, const Vec3& point) {
  const Vec3 moved{point.x - camera.centre.x, point.y - camera.centre.y, point.z - camera.centre.z};
  const Vec3 seen = rotate(camera.rotation, moved);
  const Vec2 p = distort(camera.k1, camera.k2, Vec2{seen.x / seen.z, seen.y / seen.z});
  return {camera.focal * p.x + camera.principal.x, camera.focal * p.y + camera.principal.y};
}

ZYGOTE Vec2 reprojection_error(const Camera& camera, const Vec3& point, double weight, const Vec2& feature) {
  const Vec2 p = project(camera, point);
  return {weight * (p.x - feature.x), weight * (p.y - feature.y)};
}

ZYGOTE double weight_error(double weight) { return 1 - weight * weight; }

ZYGOTE double objective(const Scene& scene, const std::vector<Observation>& observations) {
  double sum = 0;
  std::size_t idx = 0;
  for (const auto& o : observations) {
    const double weight = scene.weights[idx++];
    const Vec2 e = reprojection_error(scene.cameras[o.camera], scene.points[o.point], weight, o.feature);
    const double w = weight_error(weight);
    sum += e.x * e.x + e.y * e.y + w * w;
  }
  return 0.5 * sum;
}

}  // namespace ba
