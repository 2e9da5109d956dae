/// Turn any callable into one that takes a job's JSON arguments: what stands behind Module::task.
#pragma once
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>
#include "stint/arg.hpp"
#include "stint/error.hpp"
#include "stint/json.hpp"

namespace stint {
class Job;
class Settings;
class Client;

namespace detail {

/// All that a handler can be given. Valid during the call.
class Invocation {
 public:
  virtual ~Invocation() = default;
  virtual Job& job() = 0;
  virtual const json& args() = 0;  ///< an object, defaults filled in, checked
  virtual const Settings& settings() = 0;
  virtual Client& client() = 0;
  /// Return the context object of a type, made at first use.
  virtual void* context(std::type_index type) = 0;
};

/// Return the output; nothing if the callable returns void.
using Handler = std::function<std::optional<json>(Invocation&)>;

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsDuration : std::false_type {};
template <typename R, typename P>
struct IsDuration<std::chrono::duration<R, P>> : std::true_type {};
template <typename T>
struct IsTime : std::false_type {};
template <typename D>
struct IsTime<std::chrono::time_point<std::chrono::system_clock, D>> : std::true_type {};
template <typename T>
struct IsTimeOfDay : std::false_type {};
template <typename D>
struct IsTimeOfDay<std::chrono::hh_mm_ss<D>> : std::true_type {};

/// Name the type of a JSON value; kAny for null.
ArgumentType argument_type_of(const json& value);

/// Ranges that become JSON lists: no maps, no text, no path (a range of itself).
template <typename T>
inline constexpr bool kIsList = false;
template <std::ranges::range T>
  requires(!requires { typename T::mapped_type; } && !std::same_as<T, std::string> &&
           !std::same_as<T, json> && !std::same_as<std::ranges::range_value_t<T>, T>)
inline constexpr bool kIsList<T> = true;

/// Say what JSON a C++ type takes; kAny for one of the user's own.
template <typename T>
constexpr ArgumentType argument_kind() {
  if constexpr (std::same_as<T, bool>) {
    return ArgumentType::kBoolean;
  } else if constexpr (std::integral<T>) {
    return ArgumentType::kInteger;
  } else if constexpr (std::floating_point<T>) {
    return ArgumentType::kNumber;
  } else if constexpr (std::same_as<T, std::string>) {
    return ArgumentType::kString;
  } else if constexpr (std::same_as<T, Bytes>) {
    return ArgumentType::kBytes;
  } else if constexpr (IsTime<T>::value) {
    return ArgumentType::kTime;
  } else if constexpr (std::same_as<T, std::chrono::year_month_day>) {
    return ArgumentType::kDay;
  } else if constexpr (IsDuration<T>::value) {
    return ArgumentType::kDuration;
  } else if constexpr (IsTimeOfDay<T>::value) {
    return ArgumentType::kTimeOfDay;
  } else if constexpr (requires { typename T::mapped_type; } && !std::same_as<T, json>) {
    return ArgumentType::kObject;
  } else if constexpr (kIsList<T>) {
    return ArgumentType::kArray;
  } else {
    return ArgumentType::kAny;
  }
}

/// The same; what a type of the user's own becomes, its default value tells.
template <typename T>
ArgumentType argument_type() {
  constexpr ArgumentType kKind = argument_kind<T>();
  if constexpr (kKind == ArgumentType::kAny && !std::same_as<T, json> && !IsOptional<T>::value &&
                std::is_default_constructible_v<T> && std::is_constructible_v<json, T>) {
    return argument_type_of(json(T{}));
  } else {
    return kKind;
  }
}

/// Note which integers a C++ type holds. JSON integers end at 2^63 - 1, also for unsigned types.
template <typename T>
void describe_range(ArgumentSpec& spec) {
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    using Limits = std::numeric_limits<T>;
    if (std::in_range<std::int64_t>(Limits::min())) spec.minimum = std::int64_t{Limits::min()};
    if (std::in_range<std::int64_t>(Limits::max())) {
      spec.maximum = static_cast<std::int64_t>(Limits::max());
    }
  }
}

/// Complete a spec with what the parameter's C++ type says.
template <typename T>
void describe_type(ArgumentSpec& spec) {
  if constexpr (IsOptional<T>::value) {
    describe_type<typename T::value_type>(spec);
    spec.nullable = true;
    if (!spec.required_stated) spec.required = false;
  } else {
    spec.type = argument_type<T>();
    describe_range<T>(spec);
    if constexpr (kIsList<T>) {
      using Element = std::remove_cvref_t<std::ranges::range_value_t<T>>;
      spec.element = argument_type<Element>();
      describe_range<Element>(spec);
    }
    spec.convert = [](const json& value) { static_cast<void>(value.get<T>()); };
  }
}

/// Convert one checked argument.
template <typename T>
T convert_argument(const json& value) {
  if constexpr (IsOptional<T>::value) {
    if (value.is_null()) return std::nullopt;
    return value.get<typename T::value_type>();
  } else if constexpr (std::same_as<T, json>) {
    return value;
  } else {
    if (value.is_null() && std::is_default_constructible_v<T>) return T{};  // left out: optional()
    return value.get<T>();
  }
}

template <typename F>
struct CallableTraits : CallableTraits<decltype(&std::remove_cvref_t<F>::operator())> {};
template <typename R, typename... P>
struct CallableTraits<R (*)(P...)> {
  using Result = R;
  using Parameters = std::tuple<std::type_identity<P>...>;
};
template <typename R, typename... P>
struct CallableTraits<R (*)(P...) noexcept> : CallableTraits<R (*)(P...)> {};
template <typename C, typename R, typename... P>
struct CallableTraits<R (C::*)(P...)> : CallableTraits<R (*)(P...)> {};
template <typename C, typename R, typename... P>
struct CallableTraits<R (C::*)(P...) const> : CallableTraits<R (*)(P...)> {};
template <typename C, typename R, typename... P>
struct CallableTraits<R (C::*)(P...) noexcept> : CallableTraits<R (*)(P...)> {};
template <typename C, typename R, typename... P>
struct CallableTraits<R (C::*)(P...) const noexcept> : CallableTraits<R (*)(P...)> {};

/// A parameter that the library provides rather than the job's arguments.
template <typename P>
inline constexpr bool kIsProvided =
    std::same_as<P, Job&> || std::same_as<std::remove_cvref_t<P>, Settings> ||
    std::same_as<P, Client&> ||
    (std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>);

template <typename P>
decltype(auto) provide(Invocation& invocation) {
  if constexpr (std::same_as<P, Job&>) {
    return invocation.job();
  } else if constexpr (std::same_as<std::remove_cvref_t<P>, Settings>) {
    return invocation.settings();
  } else if constexpr (std::same_as<P, Client&>) {
    return invocation.client();
  } else {
    using Context = std::remove_reference_t<P>;
    return *static_cast<Context*>(invocation.context(typeid(Context)));
  }
}

template <typename F>
class CallableShape {
 public:
  using Traits = CallableTraits<std::decay_t<F>>;
  using Parameters = typename Traits::Parameters;
  static constexpr std::size_t kCount = std::tuple_size_v<Parameters>;
  template <std::size_t I>
  using Parameter = typename std::tuple_element_t<I, Parameters>::type;

  /// How many of the first `end` parameters are arguments.
  template <std::size_t End>
  static constexpr std::size_t arguments_before() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (std::size_t{0} + ... + (kIsProvided<Parameter<I>> ? std::size_t{0} : std::size_t{1}));
    }(std::make_index_sequence<End>{});
  }
  static constexpr std::size_t kArguments = arguments_before<kCount>();

  /// The context types that the parameters ask for.
  static std::vector<std::type_index> contexts() {
    std::vector<std::type_index> result;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (add_context<Parameter<I>>(result), ...);
    }(std::make_index_sequence<kCount>{});
    return result;
  }

 private:
  template <typename P>
  static void add_context(std::vector<std::type_index>& to) {
    if constexpr (kIsProvided<P> && !std::same_as<P, Job&> && !std::same_as<P, Client&> &&
                  !std::same_as<std::remove_cvref_t<P>, Settings>) {
      to.emplace_back(typeid(std::remove_reference_t<P>));
    }
  }
};

/// Call and turn the result into JSON.
template <typename Call>
std::optional<json> call_for_output(Call&& call) {
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    return std::nullopt;
  } else {
    return json(call());
  }
}

/// Erase a quick callable: its arguments are the object's members of these names, in order.
template <typename F>
Handler make_quick_handler(F callable, std::vector<std::string> names) {
  using Shape = CallableShape<F>;
  return
      [callable = std::move(callable), names = std::move(names)](Invocation& invocation) mutable {
        static const json kNull;
        const auto pass = [&]<std::size_t I>() -> decltype(auto) {
          using P = typename Shape::template Parameter<I>;
          if constexpr (kIsProvided<P>) {
            return provide<P>(invocation);
          } else {
            const auto& args = invocation.args();
            const auto found = args.find(names[Shape::template arguments_before<I>()]);
            return convert_argument<std::remove_cvref_t<P>>(found == args.end() ? kNull : *found);
          }
        };
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
          return call_for_output(
              [&]() -> decltype(auto) { return callable(pass.template operator()<I>()...); });
        }(std::make_index_sequence<Shape::kCount>{});
      };
}

/// Erase a typed callable: the parameter of type Args takes the whole object.
template <typename Args, typename F>
Handler make_typed_handler(F callable) {
  using Shape = CallableShape<F>;
  static_assert(Shape::kArguments <= 1, "a typed task's handler takes its arguments as one struct");
  return [callable = std::move(callable)](Invocation& invocation) mutable {
    const auto pass = [&]<std::size_t I>() -> decltype(auto) {
      using P = typename Shape::template Parameter<I>;
      if constexpr (kIsProvided<P>) {
        return provide<P>(invocation);
      } else {
        static_assert(std::same_as<std::remove_cvref_t<P>, Args>,
                      "the parameter's type is not the Args of the task");
        return invocation.args().template get<Args>();
      }
    };
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return call_for_output(
          [&]() -> decltype(auto) { return callable(pass.template operator()<I>()...); });
    }(std::make_index_sequence<Shape::kCount>{});
  };
}

/// Complete the specs of a quick callable's arguments, in order, with the parameters' types. A
/// parameter without an `arg` gets a spec with no name; the caller reports the wrong count.
template <typename F>
std::vector<ArgumentSpec> describe_parameters(const std::vector<arg>& args) {
  using Shape = CallableShape<F>;
  std::vector<ArgumentSpec> result;
  const auto describe = [&]<std::size_t I>() {
    using P = typename Shape::template Parameter<I>;
    if constexpr (!kIsProvided<P>) {
      const std::size_t position = result.size();
      result.push_back(position < args.size() ? args[position].spec() : ArgumentSpec{});
      describe_type<std::remove_cvref_t<P>>(result.back());
    }
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (describe.template operator()<I>(), ...);
  }(std::make_index_sequence<Shape::kCount>{});
  return result;
}

/// Describe the fields of a typed task's struct as its JSON form shows them, defaults included.
/// A field whose JSON is null may be null.
std::vector<ArgumentSpec> describe_fields(const json& defaults);

/// The same for the JSON of a result: nothing if it is null.
std::vector<ArgumentSpec> describe_output(const json& example);

/// Describe what a C++ type becomes as a job's output: an object's fields, or one spec without a
/// name; nothing where that cannot be told.
template <typename Result>
std::vector<ArgumentSpec> describe_result() {
  if constexpr (std::is_void_v<Result> || std::is_pointer_v<Result> || std::same_as<Result, json>) {
    return {};
  } else if constexpr (IsOptional<Result>::value) {
    std::vector<ArgumentSpec> result = describe_result<typename Result::value_type>();
    if (result.size() != 1 || !result.front().name.empty()) return {};
    result.front().nullable = true;
    return result;
  } else if constexpr (std::is_class_v<Result> && !requires { typename Result::mapped_type; } &&
                       argument_kind<Result>() == ArgumentType::kAny &&
                       std::is_default_constructible_v<Result> &&
                       std::is_constructible_v<json, Result>) {
    try {
      return describe_output(json(Result{}));
    } catch (const std::exception&) {
      return {};  // its default cannot be shown
    }
  } else {
    ArgumentSpec plain;
    plain.type = argument_kind<Result>();
    if (plain.type == ArgumentType::kAny) return {};
    describe_range<Result>(plain);
    if constexpr (kIsList<Result>) {
      plain.element = argument_kind<std::remove_cvref_t<std::ranges::range_value_t<Result>>>();
    }
    return {std::move(plain)};
  }
}

}  // namespace detail
}  // namespace stint
