// Convolutions on the host by oneDNN 2 or 3.
#include <cuarrays/conv.hpp>

#if CUARRAYS_ONEDNN
#include <map>
#include <oneapi/dnnl/dnnl.hpp>

namespace cuarrays::detail {
namespace {

using dnnl::memory;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

/// oneDNN 2 makes primitives in two steps, oneDNN 3 in one.
template <class P, class... A, class... Hint>
auto describe(std::tuple<Hint...> hint, const A&... a) {
#if DNNL_VERSION_MAJOR >= 3
  return std::apply([&](const auto&... h) { return typename P::primitive_desc(engine(), a..., h...); }, hint);
#else
  return std::apply(
      [&](const auto&... h) { return typename P::primitive_desc(typename P::desc(a...), engine(), h...); }, hint);
#endif
}

/// An operand: where it is in oneDNN's arguments, its layout as an array, and the layout that the primitive wants.
struct Operand {
  int argument = 0;
  memory::desc plain, wanted;
};
/// A primitive for one shape. Making one takes about a millisecond, so they are kept.
struct Plan {
  dnnl::primitive primitive;
  Operand a, b, result;
};

memory::dims spatial(const Conv& c, const Index (&extents)[3], memory::dims first, Index less = 0) {
  for (Index d = c.dims; d-- > 0;) first.push_back(extents[d] - less);
  return first;
}

Plan make_plan(ConvPass pass, const Conv& c) {
  using tag = memory::format_tag;
  static constexpr tag plain_tags[] = {tag::abc, tag::abcd, tag::abcde, tag::abcdef};
  const auto desc = [](const memory::dims& dims, bool any) {
    return memory::desc(dims, memory::data_type::f32, any ? tag::any : plain_tags[dims.size() - 3]);
  };
  const auto x = spatial(c, c.x, {c.batch, c.in}), y = spatial(c, c.y, {c.batch, c.out});
  const auto w =
      c.groups == 1 ? spatial(c, c.w, {c.out, c.in}) : spatial(c, c.w, {c.groups, c.out / c.groups, c.in / c.groups});
  const auto strides = spatial(c, c.stride, {}), dilation = spatial(c, c.dilation, {}, 1), pad = spatial(c, c.pad, {});
  memory::dims end;  // what is padded at the end follows from the extents
  for (std::size_t d = 0; d < pad.size(); ++d)
    end.push_back(std::max<Index>(
        0,
        (y[d + 2] - 1) * strides[d] + (w[w.size() - pad.size() + d] - 1) * (dilation[d] + 1) + 1 - x[d + 2] - pad[d]));
  const auto xd = desc(x, true), wd = desc(w, true), yd = desc(y, true);
  const auto direct = dnnl::algorithm::convolution_direct;
  const auto forward = describe<dnnl::convolution_forward>(std::tuple{}, dnnl::prop_kind::forward_training, direct, xd,
                                                           wd, yd, strides, dilation, pad, end);
  if (pass == ConvPass::forward)
    return {dnnl::convolution_forward(forward),
            {DNNL_ARG_SRC, desc(x, false), forward.src_desc()},
            {DNNL_ARG_WEIGHTS, desc(w, false), forward.weights_desc()},
            {DNNL_ARG_DST, desc(y, false), forward.dst_desc()}};
  if (pass == ConvPass::data) {
    const auto data =
        describe<dnnl::convolution_backward_data>(std::tuple{forward}, direct, xd, wd, yd, strides, dilation, pad, end);
    return {dnnl::convolution_backward_data(data),
            {DNNL_ARG_DIFF_DST, desc(y, false), data.diff_dst_desc()},
            {DNNL_ARG_WEIGHTS, desc(w, false), data.weights_desc()},
            {DNNL_ARG_DIFF_SRC, desc(x, false), data.diff_src_desc()}};
  }
  const auto weight = describe<dnnl::convolution_backward_weights>(std::tuple{forward}, direct, xd, wd, yd, strides,
                                                                   dilation, pad, end);
  return {dnnl::convolution_backward_weights(weight),
          {DNNL_ARG_SRC, desc(x, false), weight.src_desc()},
          {DNNL_ARG_DIFF_DST, desc(y, false), weight.diff_dst_desc()},
          {DNNL_ARG_DIFF_WEIGHTS, desc(w, false), weight.diff_weights_desc()}};
}

const Plan& plan_for(ConvPass pass, const Conv& c) {
  thread_local std::map<std::pair<ConvPass, Conv>, Plan> plans;
  const std::pair key(pass, c);
  if (const auto found = plans.find(key); found != plans.end()) return found->second;
  if (plans.size() >= 512) plans.clear();  // a program of ever new shapes
  return plans.emplace(key, make_plan(pass, c)).first->second;
}

}  // namespace

bool has_onednn() { return true; }

void convolve_onednn(ConvPass pass, const Conv& c, const float* a, const float* b, float* result) try {
  thread_local dnnl::stream stream(engine());
  const Plan& plan = plan_for(pass, c);
  Buffer<Host> buffers[3];
  const auto bind = [&](const Operand& o, const float* data, Buffer<Host>& buffer) {
    if (o.plain == o.wanted) return memory(o.plain, engine(), const_cast<float*>(data));
    buffer = Buffer<Host>(o.wanted.get_size());
    return memory(o.wanted, engine(), buffer.data());
  };
  const auto reorder = [&](memory from, memory to) { dnnl::reorder(from, to).execute(stream, from, to); };
  memory ma = bind(plan.a, a, buffers[0]), mb = bind(plan.b, b, buffers[1]), mc = bind(plan.result, result, buffers[2]);
  if (buffers[0].data()) reorder(memory(plan.a.plain, engine(), const_cast<float*>(a)), ma);
  if (buffers[1].data()) reorder(memory(plan.b.plain, engine(), const_cast<float*>(b)), mb);
  plan.primitive.execute(stream, {{plan.a.argument, ma}, {plan.b.argument, mb}, {plan.result.argument, mc}});
  if (buffers[2].data()) reorder(mc, memory(plan.result.plain, engine(), result));
  stream.wait();
} catch (const dnnl::error& error) {
  throw std::runtime_error(text("[conv] oneDNN: ", error.what()));
}

}  // namespace cuarrays::detail

#else

namespace cuarrays::detail {
bool has_onednn() { return false; }
void convolve_onednn(ConvPass, const Conv&, const float*, const float*, float*) { built_without("conv", "oneDNN"); }
}  // namespace cuarrays::detail
#endif
