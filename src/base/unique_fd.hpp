/// Own a file descriptor.
#pragma once
#include <unistd.h>
#include <utility>

namespace stint {

/// Close a descriptor when the scope ends. Moves, does not copy.
class UniqueFd final {
 public:
  UniqueFd() = default;
  /// Take the descriptor over; a negative number stands for none.
  explicit UniqueFd(int descriptor) : descriptor_(descriptor) {}
  UniqueFd(UniqueFd&& other) noexcept : descriptor_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

  /// Give the descriptor away: the caller closes it.
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }
  void reset(int descriptor = -1) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = descriptor;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace stint
