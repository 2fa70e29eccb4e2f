// zygote: adjoints of ordinary C++. The table of contents, in reading order.
#pragma once
#include <zygote/runtime/core.hpp>        // the protocol: Pullback, none, Algebra, accumulate
#include <zygote/runtime/fields.hpp>      // aggregates walked by structured bindings
#include <zygote/runtime/containers.hpp>  // vector, array, pair, tuple, optional
#include <zygote/runtime/call.hpp>        // calls through pullbacks; constant
#include <zygote/runtime/rules.hpp>       // adjoints of operators and <cmath>, from rules.def
#include <zygote/runtime/operators.hpp>   // operators of unknown operands
#include <zygote/runtime/complex.hpp>     // std::complex
#include <zygote/runtime/dual.hpp>        // dual numbers: derivatives forwards
#include <zygote/runtime/parts.hpp>       // fields, elements, indexing
#include <zygote/runtime/made.hpp>        // construction
#include <zygote/runtime/methods.hpp>     // at, front, value_or ... of standard containers
#include <zygote/runtime/control.hpp>     // if_, loop and their reverses
#include <zygote/runtime/writes.hpp>      // elements and fields that are written to
#include <zygote/runtime/into.hpp>        // .. of the caller, to which the reverse of a call adds
#include <zygote/runtime/one_by_one.hpp>  // loops whose iterations meet in sums only
#include <zygote/runtime/leaves.hpp>      // the real numbers in a value; the same value over another number type
#include <zygote/runtime/over.hpp>        // lambdas over dual numbers
#include <zygote/runtime/closure.hpp>     // lambdas; type-erased backs of recursive functions
#include <zygote/runtime/gradient.hpp>    // pullback, gradient, withgradient
#include <zygote/runtime/second.hpp>      // derivative, jacobian, hessian, hvp
#include <zygote/runtime/tools.hpp>       // gradcheck, hook, checkpoint
#include <zygote/runtime/function.hpp>    // Function<R(A...)>: any differentiable callable
