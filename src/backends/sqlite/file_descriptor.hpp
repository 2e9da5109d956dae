/// An owned file descriptor.
#pragma once
#include <string>
#include <utility>

namespace stint::sqlite {

/// Close a descriptor when it goes. Holds -1 if there is none.
class FileDescriptor final {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  void close() const noexcept;

  int descriptor_ = -1;
};

/// Open a file beside the database for reading and writing, making it (0600) if there is none.
/// Throws Error (kUnavailable).
FileDescriptor open_beside(const std::string& path);

}  // namespace stint::sqlite
