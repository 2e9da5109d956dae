#include "support/fenced_file.hpp"
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace stint::test {
namespace {

void check(bool is_good, const char* what) {
  if (!is_good) throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

FencedFile::FencedFile(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  check(descriptor_ >= 0, "cannot open the resource");
}

FencedFile::~FencedFile() { ::close(descriptor_); }

bool FencedFile::affect(std::int64_t token, const std::function<void(bool)>& note) {
  while (::flock(descriptor_, LOCK_EX) != 0) check(errno == EINTR, "cannot lock the resource");
  std::int64_t largest = 0;
  check(::pread(descriptor_, &largest, sizeof largest, 0) >= 0, "cannot read the resource");
  const bool is_accepted = token >= largest;
  if (is_accepted) {
    check(::pwrite(descriptor_, &token, sizeof token, 0) == sizeof token, "cannot write it");
  }
  note(is_accepted);
  ::flock(descriptor_, LOCK_UN);
  return is_accepted;
}

}  // namespace stint::test
