#include "backends/sqlite/file_descriptor.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint::sqlite {

void FileDescriptor::close() const noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileDescriptor open_beside(const std::string& path) {
  FileDescriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (file) return file;
  const std::error_code cause{errno, std::generic_category()};
  throw Error{ErrorCode::kUnavailable,
              fmt::format("cannot open {}: {}; give write permission on it and its folder", path,
                          cause.message()),
              {.backend = "sqlite", .native_code = std::to_string(cause.value())}};
}

}  // namespace stint::sqlite
