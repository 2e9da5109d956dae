/// Do something at the end of a scope, however that is left.
#pragma once
#include <utility>

namespace stint {

/// Call `function` when it goes out of scope. `function` must not throw.
template <typename Function>
class Cleanup final {
 public:
  explicit Cleanup(Function function) : function_(std::move(function)) {}
  ~Cleanup() { function_(); }
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;

 private:
  Function function_;
};

}  // namespace stint
