#include "disk_probe.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include "summary.hpp"

namespace stint::bench {
namespace {

constexpr int kWrites = 20;
constexpr std::size_t kPage = 4096;

/// A file that goes with the object.
class ProbeFile final {
 public:
  explicit ProbeFile(std::filesystem::path path)
      : path_(std::move(path)),
        descriptor_(::open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    check(descriptor_ >= 0);
  }
  ~ProbeFile() {
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }
  ProbeFile(const ProbeFile&) = delete;
  ProbeFile& operator=(const ProbeFile&) = delete;

  void write_durably(int page) const {
    static constexpr std::array<char, kPage> kZeroes{};
    const auto offset = static_cast<off_t>(page) * static_cast<off_t>(kPage);
    check(::pwrite(descriptor_, kZeroes.data(), kPage, offset) == static_cast<ssize_t>(kPage));
    check(::fdatasync(descriptor_) == 0);
  }

 private:
  static void check(bool succeeded) {
    if (!succeeded) throw std::system_error{errno, std::generic_category(), "disk probe"};
  }

  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace

double probe_disk(const std::filesystem::path& folder) {
  const ProbeFile file{folder / "probe"};
  // The pages exist then: what counts is the wait, not the growth of a file.
  for (int i = 0; i < kWrites; ++i) file.write_durably(i);
  std::vector<double> waits_ms;
  for (int i = 0; i < kWrites; ++i) {
    const auto begun_at = std::chrono::steady_clock::now();
    file.write_durably(i);
    const std::chrono::duration<double, std::milli> waited =
        std::chrono::steady_clock::now() - begun_at;
    waits_ms.push_back(waited.count());
  }
  return median(waits_ms);
}

}  // namespace stint::bench
