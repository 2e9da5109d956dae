/// A resource that takes effects by fencing token: the largest one wins for ever.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace stint::test {

/// A file that remembers the largest token that it saw. Shared by processes.
class FencedFile final {
 public:
  explicit FencedFile(const std::string& path);
  ~FencedFile();
  FencedFile(const FencedFile&) = delete;
  FencedFile& operator=(const FencedFile&) = delete;

  /// Take an effect, unless a larger token was seen. `note` is called with the answer before
  /// anybody else's effect is looked at. Throws std::system_error.
  bool affect(std::int64_t token, const std::function<void(bool accepted)>& note);

 private:
  int descriptor_;
};

}  // namespace stint::test
