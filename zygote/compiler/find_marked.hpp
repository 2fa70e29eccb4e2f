// Where the marked code of a file is, and what kind of thing it belongs to.
#pragma once
#include <algorithm>
#include <set>

#include "compile.hpp"
#include "ir.hpp"
#include "tree.hpp"

namespace zygote::compiler {

/// What a class declares. Each of the names in `double x, y;` is a member of its own.
struct Member {
  enum Kind { field, method, constructor, other } kind = other;  // other: types, aliases, what is not understood
  std::string name, type;          // methods: "operator" for all operators; fields: "double[]" for C arrays
  std::size_t first = 0;           // its first token
  std::size_t begin = 0, end = 0;  // tokens of a field's initialiser, what is around them included; both 0: none
  std::size_t body = 0;            // functions: '{', or '=' or ';' if there is none
  std::vector<std::pair<std::size_t, std::size_t>> initialisers;  // of a constructor: the name, '(' or '{' behind it
  std::string access;                                             // public, protected or private
  bool marked = false, is_static = false, is_friend = false, is_virtual = false, is_const = false;
  bool is_call = false;  // operator()
  bool visible() const { return access == "public"; }
};
/// What generated code outside of the class calls a member by that is not public.
inline std::string accessor(const std::string& member) { return "zygote_member_" + member + "()"; }

struct Class {
  std::string scope;    // the namespaces around it
  std::string name;     // may be empty
  bool nested = false;  // in a class or a function
  bool plain = false;   // struct or class Name { .. }, without anything else in its head
  bool is_template = false, has_bases = false;
  std::string template_head;
  std::set<std::string> bases;  // their names, without what is around them
  std::vector<Member> members;
};

struct Marked {
  enum Kind { free_function, method, lambda } kind = free_function;
  Pos pos;                                      // of the mark
  std::string name;                             // "operator()" for call operators; empty for lambdas
  std::size_t mark = 0, head = 0, name_at = 0;  // token indices: the mark, the first token of the function, its name
  std::size_t open = 0, close = 0;              // its parameter list (lambdas without one: both 0)
  std::size_t body = 0, body_end = 0;           // '{' and '}' of the body; the ';' of a declaration
  bool declared = false;                        // a function that is only declared here
  bool declared_before = false;                 // one that has been, in this file
  std::string specifiers;                       // macros and attributes to repeat, such as FLUX_KERNEL
  std::string template_head;                    // template <class T> requires ..., or empty
  std::string return_type;                      // as written in front or behind '->'; empty for auto
  std::string suffix;                           // between ')' and the body: const, noexcept, requires ...
  bool is_local = false;                        // a method of a class inside a function
  std::vector<Parameter> parameters;
  std::set<std::string> sibling_methods;  // other methods of the class
  std::set<std::string> static_methods;   // .. those without an object
  std::string scope;                      // the namespaces around it, without those that have no name
  std::set<std::string> around;           // names that its class, or the function around it, declares
  bool has_bases = false;                 // a method of a class that may inherit further names
  std::string owner;                      // the class of a method
  std::string access;                     // how a method is declared
  bool of_template = false;               // .. is a template, or a part of one
  std::string class_head;                 // .. its template head
  std::string returned;                   // of the form that returns its arguments: what the function itself returns
  bool by_reference = false;              // it may return a reference
  bool names_part = false;  // a constant method; for objects that change, its overload returns a reference
  bool in_cycle = false;    // a method that may call itself, through others too
  bool is_operator = false;
  bool is_friend = false;       // a free function that is defined in a class
  bool is_static = false;       // a method without an object: a static one, or a constructor
  bool constructor = false;     // .. which
  std::vector<Member> members;  // the data members of the class of a method
  std::size_t delegate = 0;     // a constructor: '(' of the other one that it calls

  const Member* field(const std::string& member) const {
    for (const Member& m : members)
      if (m.name == member) return &m;
    return nullptr;
  }
  /// May it change its object? Then calls are replaced by its body.
  bool changes_object() const {
    return kind == method && !is_static && name != "operator()" && suffix.find("const") == std::string::npos;
  }
  /// A method that may change what it is called with: it is replaced by its body.
  bool changes_something() const {
    const auto written = [](const Parameter& p) { return p.mutable_reference && !p.type.ends_with("&&"); };
    return changes_object() || (kind == method && !is_static && name != "operator()" &&
                                std::any_of(parameters.begin(), parameters.end(), written));
  }
  /// A method whose pullback is a template over the mode: its body may be read only when the class is complete.
  bool waits() const { return kind == method && !is_local && template_head.find("...") == std::string::npos; }
  /// The symbol of an operator such as * or *=, else nothing.
  std::string symbol() const { return is_operator && name != "operator()" ? name.substr(8) : ""; }
  /// operator*= and its like: its value is the object as it becomes.
  bool assigns() const { return symbol().ends_with("="); }
};

struct Findings : Definitions {
  std::vector<Marked> marked;
  std::vector<Class> classes;
  std::set<std::string> types;                 // names that the file declares as types, template parameters included
  std::set<std::string> parameters;            // template parameters that are types
  std::map<std::string, std::string> aliases;  // using name = type; nothing if it is several
  std::set<std::string> local_aliases;         // .. those of classes and functions
  std::set<std::string> functions;             // marked free functions
  std::set<std::string> alternatives;          // .. by their full names, of which the preprocessor chooses one
  std::set<std::string> used;                  // using a::name; "namespace": using namespace a
  std::set<std::string> declared;              // other free functions that the file declares
  std::multimap<std::string, std::size_t> unmarked;  // .. by their full names: where
  std::set<std::string> changing;                    // class::method, of unmarked methods that may change their object
  std::set<std::string> numbered;                    // identifiers that end in a digit, as those of generated code do
};

/// Where the file says `using namespace std`: writes the names that this is about in full.
void qualify_std(Tokens& tokens);
/// Refuses operators that cannot be marked; `pos` is where the operator is named.
void check_operator(const Marked& m, Pos pos);
/// Remembers that a marked operator has a pullback.
void note_operator(const Marked& m, Findings& findings);
/// Finds every mark. Throws Refusal at a mark that does not stand before a function, method or lambda with a body.
Findings find_marked(const Tokens& tokens);
/// The numbers outside of functions that may change, and their types.
std::map<std::string, std::string> find_globals(const Tokens& tokens);
/// Takes out the methods that say the same as a constant one that is marked too.
void drop_overloads(const Tokens& tokens, std::vector<Marked>& marked);
/// Refuses constant methods with overloads that have no pullback: a call might mean one of those.
void check_overloads(const Tokens& tokens, const Findings& findings);

/// Refuses marked functions without a body, and those that are declared without a mark, too.
void check_declarations(const Tokens& tokens, const Findings& findings);

/// a::b:: is in a::, which is in the outermost, the empty one.
std::string outer_scope(const std::string& scope);
/// Refuses classes with fields of which the inherited `fields` knows nothing.
void check_fields(const Tokens& tokens, const Findings& findings);
/// The structs of namespaces, without bases and templates.
Structs find_structs(const Findings& findings);
/// The one that a name means in a scope; none if there are several, of which one hides the others, or it is not
/// understood.
const Struct* visible_struct(const Structs& structs, std::string scope, const std::string& name);
/// A name with template arguments, if it is one of `templates`, as generated code says it: ZYGOTE_EXPLICIT(square,
/// double).
std::string explicit_template(const std::string& name, const std::set<std::string>& templates);

/// The class whose declaration begins at a token, and whose '{' is given; without what is around it.
Class read_class(const Tokens& tokens, std::size_t begin, std::size_t open);
/// Notes which fields are worked out from others, and which ones `fields` leaves out.
void find_defaults(const Tokens& tokens, const Class& c, Defaults& defaults);
void find_fields(const Tokens& tokens, const Class& c, Definitions& definitions);
/// The tokens behind 'template' '<' .. '>' ['requires' constraint], behind 'requires' constraint, and behind '<' ..
/// '>'.
std::size_t behind_template_head(const Tokens& tokens, std::size_t at);
std::size_t behind_constraint(const Tokens& tokens, std::size_t at);
std::size_t behind_template_arguments(const Tokens& tokens, std::size_t at);
/// Notes how a constructor initialises the members.
void find_initialisers(const Tokens& tokens, const Member& declaration, Marked& constructor);
/// Its body, behind assignments of all members to an object that has been made.
Node constructor_body(const Tokens& tokens, const Tokens& directives, const Marked& constructor);

}  // namespace zygote::compiler
