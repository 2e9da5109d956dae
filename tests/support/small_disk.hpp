/// A disk of a test's own that can be filled.
#pragma once
#include <filesystem>
#include <string>

namespace stint::test {

/// A tmpfs, seen by this process and what it starts alone; it goes with them.
class SmallDisk final {
 public:
  /// Mount it on a folder, which is made; `size` as mount takes it: "6m".
  SmallDisk(std::filesystem::path folder, const std::string& size);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// Why it could not be mounted; empty if it was. Needs the right to mount.
  const std::string& problem() const { return problem_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// Leave no room at all.
  void fill() const;
  /// Give back what `fill` took.
  void make_room() const;
  /// Make room: the disk gets a new size.
  void grow(const std::string& size) const;

 private:
  const std::filesystem::path folder_;
  std::string problem_;
};

}  // namespace stint::test
