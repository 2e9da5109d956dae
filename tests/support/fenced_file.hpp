/// A resource that takes effects by fencing token: the largest one wins for ever.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace stint::test {

/// A file that remembers the largest token that it saw. Shared by processes, none of which can be
/// in the way of another, not even when it is halted.
class FencedFile final {
 public:
  struct Answer {
    bool is_accepted = false;
    std::chrono::nanoseconds at{0};  ///< boot time: accepted then or later, refused then or before
  };

  /// Throws std::system_error.
  explicit FencedFile(const std::string& path);
  ~FencedFile();
  FencedFile(const FencedFile&) = delete;
  FencedFile& operator=(const FencedFile&) = delete;

  /// Take an effect, unless a larger token was seen.
  Answer affect(std::int64_t token);

 private:
  std::atomic<std::int64_t>* largest_;
};

}  // namespace stint::test
