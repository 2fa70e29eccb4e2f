// A differentiable callable of any type: what std::function is to ordinary ones.
#pragma once
#include <functional>
#include <memory>
#include <zygote/runtime/closure.hpp>
#include <zygote/runtime/gradient.hpp>

namespace zygote {

/// Function<double(double, const V&)> holds any callable with a pullback for these arguments; copies share it. Adjoints
/// flow to the arguments. Into the state of what it holds none flows, so that it must have none: pass weights as
/// arguments, or hold frozen(f). Without one, a call throws std::bad_function_call.
template <class Signature>
class Function;

template <class R, class... A>
class Function<R(A...)> {
  using AllBack = AnyBack<R, std::remove_cvref_t<A>...>;
  struct Base {
    virtual ~Base() = default;
    virtual R call(A... args) const = 0;
    virtual Pullback<R, AllBack> pullback(A... args) const = 0;
  };
  template <class F>
  struct Held final : Base {
    F f;
    explicit Held(F f) : f(std::move(f)) {}
    R call(A... args) const override { return f(args...); }
    Pullback<R, AllBack> pullback(A... args) const override {
      auto p = Frozen<F>{f}.pullback(args...);
      return {std::move(p.value), std::move(p.back)};
    }
  };
  std::shared_ptr<const Base> held_;

 public:
  Function() = default;
  template <class F>
  requires(!std::same_as<F, Function> && std::is_invocable_r_v<R, const F&, A...>) Function(F f)
      : held_(std::make_shared<const Held<F>>(std::move(f))) {
    static_assert(HasPullback<F, const A&...>,
                  "zygote: a Function holds callables with a pullback: mark this one ZYGOTE");
    static_assert(!Differentiable<F>,
                  "zygote: no adjoint flows into the state of what a Function holds: make it an argument, or hold "
                  "frozen(f)");
  }
  R operator()(A... args) const { return held().call(args...); }
  auto pullback(A... args) const { return held().pullback(args...); }

 private:
  const Base& held() const { return held_ ? *held_ : throw std::bad_function_call(); }
};
template <class Signature>
struct Algebra<Function<Signature>> : NoAlgebra {};

}  // namespace zygote
