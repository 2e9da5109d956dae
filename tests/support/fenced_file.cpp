#include "support/fenced_file.hpp"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include "support/lock_journal.hpp"

namespace stint::test {
namespace {

using Token = std::atomic<std::int64_t>;
static_assert(sizeof(Token) == sizeof(std::int64_t) && Token::is_always_lock_free);

void check(bool is_good, const char* what) {
  if (!is_good) throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

FencedFile::FencedFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  check(file >= 0, "cannot open the resource");
  check(::ftruncate(file, sizeof(Token)) == 0, "cannot make the resource");
  void* mapped = ::mmap(nullptr, sizeof(Token), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  check(mapped != MAP_FAILED, "cannot map the resource");
  largest_ = static_cast<Token*>(mapped);
}

FencedFile::~FencedFile() { ::munmap(largest_, sizeof(Token)); }

FencedFile::Answer FencedFile::affect(std::int64_t token) {
  const auto before = true_boot_now();
  std::int64_t largest = largest_->load();
  while (token >= largest) {
    if (largest_->compare_exchange_weak(largest, token)) return {.is_accepted = true, .at = before};
  }
  return {.is_accepted = false, .at = true_boot_now()};
}

}  // namespace stint::test
