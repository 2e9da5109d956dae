#include "support/small_disk.hpp"
#include <sched.h>
#include <sys/mount.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace stint::test {

SmallDisk::SmallDisk(std::filesystem::path folder, const std::string& size)
    : folder_(std::move(folder)) {
  std::filesystem::create_directory(folder_);
  const std::string options = "size=" + size;
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, options.c_str()) != 0) {
    problem_ = std::strerror(errno);
  }
}

SmallDisk::~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::fill() const {
  std::ofstream filler{folder_ / "filler", std::ios::app};
  const std::string block(4096, 'f');
  while (filler << block << std::flush) {
  }
}

void SmallDisk::make_room() const { std::filesystem::remove(folder_ / "filler"); }

void SmallDisk::grow(const std::string& size) const {
  const std::string options = "size=" + size;
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, options.c_str()) != 0) {
    throw std::runtime_error{std::strerror(errno)};
  }
}

}  // namespace stint::test
