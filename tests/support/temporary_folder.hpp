/// A folder of its own for a test.
#pragma once
#include <filesystem>

namespace stint::test {

/// Make an empty folder below the system's temporary one; remove it with all it holds at the end.
class TemporaryFolder final {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace stint::test
