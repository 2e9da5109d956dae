/// Hooks of a module: code round every execution of a task, and code that hears of failures.
#pragma once
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>
#include "stint/detail/handler.hpp"
#include "stint/json.hpp"
#include "stint/types.hpp"

namespace stint {

namespace detail {

/// What a hook is round. Valid during the call of the hook.
class NextCall {
 public:
  virtual ~NextCall() = default;
  virtual const json& call() = 0;
};

}  // namespace detail

/// What a hook of `Module::around` is round: the next hook, at last the task. To be called exactly
/// once, on the thread that called the hook, and not after it has returned. Cheap to copy.
class Next {
 public:
  explicit Next(detail::NextCall& call) : call_(&call) {}

  /// Execute it and return the output: what the task returned, null if it returned nothing. The
  /// reference is valid until the hook returns. Throws what the task throws, and Error kUsage when
  /// it is called a second time.
  const json& operator()() const {  // NOLINT(modernize-use-nodiscard): most do not look at it
    return call_->call();
  }

 private:
  detail::NextCall* call_;
};

/// An attempt that failed, as the hooks of `Module::on_failed` hear of it.
struct FailedAttempt {
  JobId job = {};  ///< 0: it ran outside the queue, by `run`
  Epoch epoch = {};
  std::string task = {};
  int attempt = 1;  ///< as Job::attempt, from 1
  /// "error", "rejected", "arguments", "timeout", "crash", "out of memory", "cpu limit".
  std::string cause = {};
  json error = nullptr;            ///< {"type", "message", ...} as the store keeps it
  json metadata = json::object();  ///< what the enqueuer attached
  bool is_final = true;            ///< no attempt follows: the job has failed, or it was aborted
  /// How long until the next attempt may begin, from the moment of this one's end; nothing if none
  /// follows.
  std::optional<std::chrono::milliseconds> next_try = {};

  /// The message of the error; empty for none.
  std::string message() const;
};

namespace detail {

using AroundHook = std::function<void(Invocation&, Next)>;
using FailedHook = std::function<void(Invocation&, const FailedAttempt&)>;

struct AroundDeclaration {
  std::string module;
  AroundHook hook;
  std::vector<std::type_index> contexts = {};
};
struct FailedDeclaration {
  std::string module;
  FailedHook hook;
  std::vector<std::type_index> contexts = {};
};

/// The parameters of a hook: one that is its own (`Own`), and whatever a handler may take beside
/// arguments.
template <typename F, typename Own>
class HookShape {
 public:
  using Traits = CallableTraits<std::decay_t<F>>;
  using Parameters = typename Traits::Parameters;
  static constexpr std::size_t kCount = std::tuple_size_v<Parameters>;
  template <std::size_t I>
  using Parameter = typename std::tuple_element_t<I, Parameters>::type;

  template <typename P>
  static constexpr bool kIsOwn = std::same_as<std::remove_cvref_t<P>, Own>;
  /// Whether a hook may take it.
  template <typename P>
  static constexpr bool kIsTaken = kIsOwn<P> || kIsProvided<P>;

  static constexpr bool all_are_taken() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (true && ... && kIsTaken<Parameter<I>>);
    }(std::make_index_sequence<kCount>{});
  }
  template <typename P>
  static constexpr std::size_t count_of() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (
          std::size_t{0} + ... +
          (std::same_as<std::remove_cvref_t<Parameter<I>>, P> ? std::size_t{1} : std::size_t{0}));
    }(std::make_index_sequence<kCount>{});
  }

  /// The context types that the parameters ask for.
  static std::vector<std::type_index> contexts() {
    std::vector<std::type_index> result;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (add_context<Parameter<I>>(result), ...);
    }(std::make_index_sequence<kCount>{});
    return result;
  }

  template <typename Self>
  static void call(F& callable, Invocation& invocation, Self& own) {
    const auto pass = [&]<std::size_t I>() -> decltype(auto) {
      using P = Parameter<I>;
      if constexpr (kIsOwn<P>) {
        return (own);
      } else {
        return provide<P>(invocation);
      }
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      callable(pass.template operator()<I>()...);
    }(std::make_index_sequence<kCount>{});
  }

 private:
  template <typename P>
  static void add_context(std::vector<std::type_index>& to) {
    if constexpr (kIsProvided<P> && !kIsOwn<P> && !std::same_as<P, Job&> &&
                  !std::same_as<P, Client&> && !std::same_as<std::remove_cvref_t<P>, Settings>) {
      to.emplace_back(typeid(std::remove_reference_t<P>));
    }
  }
};

/// Erase a callable of `Module::around`.
template <typename F>
AroundHook make_around_hook(F callable) {
  using Shape = HookShape<F, Next>;
  static_assert(std::is_void_v<typename Shape::Traits::Result>,
                "a hook returns nothing: the output is the task's");
  static_assert(Shape::template count_of<Next>() == 1, "a hook takes one stint::Next");
  static_assert(Shape::all_are_taken(),
                "beside stint::Next a hook takes Job&, const Settings&, Client& and contexts (T&)");
  return [callable = std::move(callable)](Invocation& invocation, Next next) mutable {
    Shape::call(callable, invocation, next);
  };
}

/// Erase a callable of `Module::on_failed`.
template <typename F>
FailedHook make_failed_hook(F callable) {
  using Shape = HookShape<F, FailedAttempt>;
  static_assert(std::is_void_v<typename Shape::Traits::Result>, "a hook returns nothing");
  static_assert(Shape::template count_of<FailedAttempt>() == 1,
                "a hook takes one const stint::FailedAttempt&");
  static_assert(Shape::template count_of<Job>() == 0,
                "the job has left this process when its failure is told of: take its id");
  static_assert(Shape::all_are_taken(),
                "beside stint::FailedAttempt a hook takes const Settings&, Client& and contexts "
                "(T&)");
  return [callable = std::move(callable)](Invocation& invocation,
                                          const FailedAttempt& attempt) mutable {
    Shape::call(callable, invocation, attempt);
  };
}

}  // namespace detail
}  // namespace stint
