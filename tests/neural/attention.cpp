// Attention, dropout, embedding: values and adjoints.
#include "neural.hpp"

using namespace neural;

namespace {
/// seen(key, query, batch) says what may be looked at.
template <class Seen>
Array<double, 3> naive(const Array<double, 3>& q, const Array<double, 3>& k, const Array<double, 3>& v, double scale,
                       const Seen& bias) {
  Array<double, 3> y({v.size(0), q.size(1), q.size(2)});
  for (Index b = 0; b < q.size(2); ++b)
    for (Index j = 0; j < q.size(1); ++j) {
      double total = 0;
      for (Index i = 0; i < k.size(1); ++i) {
        double score = bias(i, j, b);
        for (Index f = 0; f < q.size(0); ++f) score += scale * q(f, j, b) * k(f, i, b);
        const double weight = std::exp(score);
        total += weight;
        for (Index e = 0; e < v.size(0); ++e) y(e, j, b) += weight * v(e, i, b);
      }
      for (Index e = 0; e < v.size(0); ++e) y(e, j, b) /= total;
    }
  return y;
}
}  // namespace

TEST_CASE("attention: values, masks, adjoints") {
  constexpr double never = -std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < 4; ++trial) {
    const Index d = pick(1, 4), e = pick(1, 4), queries = pick(1, 4), keys = pick(1, 4), batch = pick(1, 3);
    const auto q = randn<double>(rng(), d, queries, batch), k = randn<double>(rng(), d, keys, batch),
               v = randn<double>(rng(), e, keys, batch);
    const double scale = 1 / std::sqrt(static_cast<double>(d));
    const auto causal = [](Index i, Index j, Index) { return i <= j ? 0.0 : never; };
    CHECK(same(attention(q, k, v), naive(q, k, v, scale, [](Index, Index, Index) { return 0.0; })));
    CHECK(same(attention(q, k, v, {.causal = true, .scale = 0.5}), naive(q, k, v, 0.5, causal)));
    const auto bias = randn<double>(rng(), keys, queries);
    const auto per_batch = randn<double>(rng(), keys, 1, batch);
    CHECK(same(attention(q, k, v, per_batch),
               naive(q, k, v, scale, [&](Index i, Index, Index b) { return per_batch(i, 0, b); })));
    Array<bool, 2> seen({keys, queries});
    for (Index i = 0; i < seen.size(); ++i) seen[i] = i % keys == 0 || pick(0, 1) == 1;
    CHECK(same(attention(q, k, v, seen),
               naive(q, k, v, scale, [&](Index i, Index j, Index) { return seen(i, j) ? 0.0 : never; })));
    check::pullback(attention, q, k, v);
    check::pullback(attention, q, k, v, AttentionOptions{.causal = true});
    check::pullback(attention, q, k, v, bias);
    check::pullback(attention, q, k, v, seen);
    check::pullback(attention, q, k, v, per_batch, AttentionOptions{.scale = 2});
    const auto heads = [](const auto& x) { return x.reshape(Shape(x.size(0), x.size(1), x.size(2), Index(1))); };
    CHECK(same(attention(heads(q), heads(k), heads(v)), heads(attention(q, k, v))));
  }
  CHECK(check::throws([] { attention(full(1.f, 2, 3), full(1.f, 2, 4), full(1.f, 2, 5)); },
                      "[attention] expected q (d, queries, ...), k (d, keys, ...), v (e, keys, ...), got"));
}

TEST_CASE("attention: heads are split and joined") {
  const auto x = randn<double>(rng(), 6, 3, 2);
  const auto heads = split_heads(x, 2);
  REQUIRE(heads.shape() == Shape(3, 3, 4));
  CHECK(heads(1, 2, 3) == x(4, 2, 1));
  CHECK(same(join_heads(heads, 2), x));
  check::pullback(split_heads, x, Index(3));
  check::pullback(join_heads, randn<double>(rng(), 2, 3, 6), Index(3));
}

TEST_CASE("dropout: how many, how large, the same in the adjoint") {
  Rng stream(3);
  const auto x = full(1.f, 1001, 100);
  const Array<float, 2> y = dropout(x, 0.25, stream);
  CHECK(sum(y > 0) == doctest::Approx(0.75 * 100100).epsilon(0.01));
  CHECK(maximum(y) == doctest::Approx(1 / 0.75));
  CHECK_FALSE(isapprox(dropout(x, 0.25, stream), y));
  auto p = dropout.pullback(x, 0.25, stream);
  CHECK(isapprox(std::get<0>(p.back(x)).evaluate(), p.value));
  CHECK(isapprox(dropout(x, 0, stream), x));
  CHECK(sum(dropout(x, 1, stream)) == 0);
  CHECK(check::throws([&] { dropout(x, 1.5, stream); }, "[dropout] expected a probability, got 1.5"));
}

TEST_CASE("embedding: columns, adjoints, only what was looked up") {
  for (int trial = 0; trial < 4; ++trial) {
    Array<int, 3> which({pick(1, 3), pick(1, 3), pick(1, 2)});
    const Index words = pick(1, 5);
    for (int& token : which) token = static_cast<int>(pick(0, words - 1));
    check::pullback(embedding, randn<double>(rng(), pick(1, 4), words), which);
  }
  const auto table = randn<double>(rng(), 3, 5);
  const auto tokens = Array<int, 2>::of({{4, 0, 4}, {1, 4, 1}});
  const auto y = embedding(table, tokens);
  REQUIRE(y.shape() == Shape(3, 2, 3));
  CHECK(y(2, 1, 0) == table(2, 1));
  check::pullback(embedding, table, tokens);
  CHECK(check::throws([&] { embedding(table, Array<int, 1>::of({5})); },
                      "[embedding] expected numbers from 0 to 4, got 5"));
  CHECK(check::throws([&] { embedding(table, Array<int, 1>::of({-1})); }, "from 0 to 4, got -1"));
}
