// tree -> IR: methods of the standard containers that change which elements there are.
//
//   rows[i].push_back(x)     =>     rows_2 = push @[$1] rows_1 x_1 i_1
//   v.erase(it)              =>     the loop that it is
#include "lower.hpp"

namespace zygote::compiler {

// Methods of the standard containers that change how many elements there are; the container, unless it is none of them.
std::optional<Lowering::Place> Lowering::change_elements(const Node& call, const std::string& method) {
  const std::size_t n = call.kids.size() - 1;
  const bool front = method.ends_with("_front");
  const bool pushes = ((method == "push_back" || method == "push_front") && n == 1) || method == "emplace_back" ||
                      method == "emplace_front";
  const bool resizes = ((method == "pop_back" || method == "pop_front") && n == 0) || (method == "clear" && n == 0) ||
                       (method == "resize" && n == 1);
  const bool refused = method == "insert" || method == "erase" || method == "assign" || method == "emplace" ||
                       method == "try_emplace" || method == "insert_or_assign" || (method == "resize" && n > 1);
  if (!pushes && !resizes && !refused && method != "swap" && method != "fill" && method != "reserve" &&
      !(method == "reset" && n == 0))
    return std::nullopt;
  auto object = referred(call.kids[0].kids[0]);
  if (!object) return std::nullopt;
  const std::string type = known_class(call.kids[0].kids[0]);
  const bool map = type.starts_with("std::map<") || type.starts_with("std::unordered_map<");
  if (map && discarded_ == &call && (method.find("insert") == 0 || method.ends_with("emplace")))
    if (const auto insertion = map_insertion(call, "typename " + type + "::mapped_type"))
      return statement(*insertion), object;
  if (method == "emplace" && type.starts_with("std::optional<"))
    return store(*object, made(element_type(type), "(", arguments(call), call.pos, "v"), call.pos), object;
  if (method == "emplace" && n < 2) return std::nullopt;
  const bool by_loop = ((method == "resize" || method == "assign") && n == 2) || (method == "fill" && n == 1);
  if ((by_loop || (method == "insert" && n == 3)) && change_by_loop(call, method, *object)) return object;
  if (changes_at(call)) return change_at(call).range;
  if (refused)
    throw Refusal(call.pos, "'" + method + "' of a container is not supported in marked code",
                  "use push_back, pop_back, resize, clear, or assign a new container; of a map, m[key] = value");
  if (method == "swap") {
    if (n != 1) return std::nullopt;
    const Place other = target(call.kids[1]);
    for (const Place& p : {*object, other}) leave_behind(p, "is swapped", false, call.pos);
    const Id mine = add(Op::as, "auto", {load(*object, call.pos)}, call.pos), its = load(other, call.pos);
    store(*object, its, call.pos);
    store(other, mine, call.pos);
  } else if (method == "reset") {
    const Id empty = add(Op::call, "::zygote::ir::emptied", {load(*object, call.pos)}, call.pos);
    region_->code.back().primal = true;
    store(*object, empty, call.pos);
  } else if (pushes) {
    const Variable& v = variable(object->variable);
    const std::string of = object->whole() && v.typed() ? v.type : type_of(load(*object, call.pos));
    const Id value = method.starts_with("push") ? made_element(call.kids[1], of, 0, "")
                                                : made(part_type(of, 0, ""), "(", arguments(call), call.pos, "v");
    leave_behind(*object, "grows", !front, call.pos);
    write(Op::push, *object, front ? "front" : "", {value}, call.pos);
  } else if (method == "clear" && map) {
    store(*object, made(type, "{", {}, call.pos, "map"), call.pos);
  } else if (resizes || method == "reserve") {
    std::vector<Id> indices = arguments(call);
    const std::size_t number = object->indices.size() + 1;
    Place sized = *object;
    if (resizes) leave_behind(*object, "shrinks", method != "pop_front", call.pos);
    sized.indices.insert(sized.indices.end(), indices.begin(), indices.end());
    write(Op::resize, sized, "." + method + (indices.empty() ? "()" : "($" + std::to_string(number) + ")"), {},
          call.pos);
  } else
    return std::nullopt;
  return object;
}

// What v.emplace_back(..) returns a reference to.
std::optional<Lowering::Place> Lowering::new_element(const std::string& method, const Place& container) {
  if (method == "emplace_back") return extend(container, "@.back()");
  if (method == "emplace_front") return extend(container, "@.front()");
  return std::nullopt;
}

// v.erase(it), v.erase(first, last), v.insert(it, x): the position that it returns.
Lowering::Position Lowering::change_at(const Node& n) {
  const bool erases = n.kids[0].text == "erase";
  const Position at = position(n.kids[1]);
  const auto object = referred(n.kids[0].kids[0]);
  if (!object) refuse_iterator(n.pos);
  same_range({*object, 0}, at, n.pos);
  const Algorithm known = algorithm(n.kids[0].text, 3, n.pos);
  std::vector<Argument> all{{.place = *object}, {.value = at.index}};
  if (!erases)
    all.push_back(binding(n.kids[2], &known.parameters[2]));
  else if (n.kids.size() == 2)
    all.push_back({.value = arithmetic("+", at.index, constant("1", n.pos), n.pos, "i")});
  else {
    const Position last = position(n.kids[2]);
    same_range(at, last, n.pos);
    all.push_back({.value = last.index});
  }
  push(Op::is, object->path, operands_of(*object), n.pos).label = "a sequence";
  inline_algorithm(known, std::move(all), n.pos, "v");
  return at;
}

// v.resize(n, x), v.assign(n, x), v.assign(w.begin(), w.end()), v.insert(v.end(), w.begin(), w.end()). False: none.
bool Lowering::change_by_loop(const Node& call, const std::string& method, const Place& object) {
  const std::size_t n = call.kids.size() - 1, from = method == "insert" ? 2 : 1;
  if (method == "insert") {
    const Node* const end = range_of(call.kids[1], {"end", "cend"});
    const auto inserted = end ? place(*end) : std::nullopt;
    if (!inserted || inserted->variable != object.variable || inserted->path != object.path) return false;
  }
  const Node* const first = n > from ? range_of(call.kids[from], {"begin", "cbegin"}) : nullptr;
  const Node* const last = n > from ? range_of(call.kids[from + 1], {"end", "cend"}) : nullptr;
  const bool range = first && last;
  if (range != (method == "insert") && method != "assign") return false;
  const Algorithm known = algorithm(method, range ? 2 : n + 1, call.pos);
  std::vector<Argument> all{{.place = object}};
  if (range)
    all.push_back(binding(*first, &known.parameters[1]));
  else
    for (std::size_t i = from; i <= n; ++i) all.push_back(binding(call.kids[i], &known.parameters[i]));
  // A class of one's own may mean something else.
  push(Op::is, object.path, operands_of(object), call.pos).label = "a sequence";
  inline_algorithm(known, std::move(all), call.pos, "v");
  return true;
}

}  // namespace zygote::compiler
