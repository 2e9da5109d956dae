#include "runtime/worker_page.hpp"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <fmt/format.h>
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::uint64_t kMagic = 0x31656761'70746e73;  // "sntpage1"

struct Entry {
  std::atomic<std::int64_t> job;
  std::atomic<std::int64_t> epoch;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free,
              "the page is shared between processes");

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw Error{
      ErrorCode::kUnavailable,
      fmt::format("cannot {} the worker's page {}: {}; set XDG_RUNTIME_DIR to a folder that this "
                  "user can write",
                  what, path, std::strerror(errno))};
}

flock whole_file_lock(short type) {
  flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

class Descriptor final {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

bool is_private_folder(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid() && (status.st_mode & 0077) == 0;
}

}  // namespace

struct WorkerPage::Map {
  std::uint64_t magic;
  std::array<Entry, kSlots> entries;
};

WorkerPage::WorkerPage(const std::string& directory) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path{directory}.parent_path(), ignored);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    fail("make the folder of", directory);
  if (!is_private_folder(directory)) {
    errno = EPERM;
    fail("use the folder of (it must be this user's alone)", directory);
  }
  std::random_device entropy;
  path_ = fmt::format("{}/worker-{}-{:08x}{:08x}", directory, ::getpid(), entropy(), entropy());
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) fail("make", path_);
  flock lock = whole_file_lock(F_WRLCK);
  if (::fcntl(descriptor_, F_OFD_SETLK, &lock) != 0) fail("lock", path_);
  if (::ftruncate(descriptor_, sizeof(Map)) != 0) fail("size", path_);
  void* memory = ::mmap(nullptr, sizeof(Map), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED) fail("map", path_);
  map_ = static_cast<Map*>(memory);
  map_->magic = kMagic;
}

WorkerPage::~WorkerPage() {
  ::unlink(path_.c_str());
  ::munmap(map_, sizeof(Map));
  ::close(descriptor_);
}

void WorkerPage::begin(int slot, JobId id, Epoch epoch) noexcept {
  Entry& entry = map_->entries.at(static_cast<std::size_t>(slot));
  entry.epoch.store(epoch.value, std::memory_order_relaxed);
  entry.job.store(id.value, std::memory_order_release);  // last: an entry with a job is complete
}

void WorkerPage::end(int slot) noexcept {
  map_->entries.at(static_cast<std::size_t>(slot)).job.store(0, std::memory_order_release);
}

std::string default_page_directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (runtime != nullptr && *runtime == '/' && ::access(runtime, W_OK) == 0) {
    return std::string{runtime} + "/stint";
  }
  const char* base = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp";
  return fmt::format("{}/stint-{}", base, ::geteuid());
}

std::string machine_boot_id() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(file, id);
  return id;
}

PageObservation observe_page(const std::string& boot_id, const std::string& path) {
  PageObservation result;
  if (path.empty() || boot_id.empty() || boot_id != machine_boot_id()) return result;
  const Descriptor file{::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || status.st_size < 16) {
    return result;
  }
  std::vector<std::int64_t> content(static_cast<std::size_t>(status.st_size) /
                                    sizeof(std::int64_t));
  const auto bytes = ::pread(file.get(), content.data(), content.size() * sizeof(std::int64_t), 0);
  if (bytes != static_cast<ssize_t>(content.size() * sizeof(std::int64_t)) || content.empty() ||
      static_cast<std::uint64_t>(content.front()) != kMagic) {
    return result;  // its making was not finished: it proves nothing
  }
  flock lock = whole_file_lock(F_WRLCK);
  result.is_dead = ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
  result.started.emplace();
  for (std::size_t i = 1; i + 1 < content.size(); i += 2) {
    if (content[i] != 0) result.started->push_back({JobId{content[i]}, Epoch{content[i + 1]}});
  }
  return result;
}

}  // namespace stint
