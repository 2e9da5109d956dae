#include "runtime/around_hooks.hpp"
#include <exception>
#include <string>
#include <utility>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint {
namespace {

using Hooks = std::span<const detail::AroundDeclaration>;

/// One execution, as its hooks share it.
struct Execution {
  detail::Invocation& invocation;
  const std::function<std::optional<json>()>& task;
  std::optional<json> output = {};
};

void call_hooks(Execution& execution, Hooks hooks);

/// What one hook is round.
class Inner final : public detail::NextCall {
 public:
  Inner(Execution& execution, Hooks hooks, const std::string& module)
      : execution_(execution), hooks_(hooks), module_(module) {}

  const json& call() override {
    static const json kNull;
    if (was_called_) {
      was_called_again_ = true;
      throw called_again();
    }
    was_called_ = true;
    try {
      call_hooks(execution_, hooks_);
    } catch (...) {
      thrown_ = std::current_exception();
      throw;
    }
    return execution_.output ? *execution_.output : kNull;
  }

  /// The hook has returned.
  void check() const {
    if (was_called_again_) throw called_again();
    if (!was_called_) {
      throw Error{ErrorCode::kUsage,
                  fmt::format("a hook of module \"{}\" returned without calling `next`: the task "
                              "did not run; call it, or throw what the attempt shall fail with",
                              module_)};
    }
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  Error called_again() const {
    return Error{ErrorCode::kUsage,
                 fmt::format("a hook of module \"{}\" called `next` twice: the task runs once in "
                             "an attempt",
                             module_)};
  }

  Execution& execution_;
  const Hooks hooks_;
  const std::string& module_;
  bool was_called_ = false;
  bool was_called_again_ = false;
  std::exception_ptr thrown_;
};

void call_hooks(Execution& execution, Hooks hooks) {
  if (hooks.empty()) {
    execution.output = execution.task();
    return;
  }
  const detail::AroundDeclaration& first = hooks.front();
  Inner inner{execution, hooks.subspan(1), first.module};
  first.hook(execution.invocation, Next{inner});
  inner.check();
}

}  // namespace

std::optional<json> call_within_hooks(Hooks hooks, detail::Invocation& invocation,
                                      const std::function<std::optional<json>()>& task) {
  Execution execution{.invocation = invocation, .task = task};
  call_hooks(execution, hooks);
  return std::move(execution.output);
}

}  // namespace stint
