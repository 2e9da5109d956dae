#include "support/lock_journal.hpp"
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <ctime>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <fmt/format.h>

namespace stint::test {
namespace {

// Every line has this length, which divides a page: a write within one page is neither seen by half
// nor cut off by a kill.
constexpr std::size_t kEventBytes = 128;

LockEvent parse_event(const std::string& line) {
  std::istringstream text{line};
  char kind = 0;
  LockEvent event;
  std::int64_t at = 0;
  text >> kind >> event.pid >> event.token >> event.value >> at;
  if (!text || std::string_view{"AHU+-RSCEX"}.find(kind) == std::string_view::npos) {
    throw std::runtime_error{"broken journal: " + line};
  }
  event.kind = static_cast<LockEvent::Kind>(kind);
  event.at = std::chrono::nanoseconds{at};
  return event;
}

int open_journal(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) throw std::system_error{errno, std::generic_category(), path};
  return descriptor;
}

}  // namespace

std::chrono::nanoseconds true_boot_now() {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

LockJournalWriter::LockJournalWriter(const std::string& path)
    : descriptor_(open_journal(path, O_WRONLY | O_CREAT | O_APPEND)) {}

LockJournalWriter::~LockJournalWriter() { ::close(descriptor_); }

void LockJournalWriter::write(LockEvent event) const {
  if (event.pid == 0) event.pid = ::getpid();
  if (event.at == std::chrono::nanoseconds{0}) event.at = true_boot_now();
  const std::string line =
      fmt::format("{:<127}\n", fmt::format("{} {} {} {} {}", static_cast<char>(event.kind),
                                           event.pid, event.token, event.value, event.at.count()));
  if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(kEventBytes)) {
    throw std::runtime_error{"cannot write the journal"};
  }
}

LockJournalReader::LockJournalReader(const std::string& path)
    : descriptor_(open_journal(path, O_RDONLY | O_CREAT)) {}

LockJournalReader::~LockJournalReader() { ::close(descriptor_); }

std::vector<LockEvent> LockJournalReader::read_new() {
  std::vector<LockEvent> events;
  std::string line(kEventBytes, '\0');
  while (::pread(descriptor_, line.data(), line.size(), offset_) ==
         static_cast<ssize_t>(kEventBytes)) {
    offset_ += static_cast<off_t>(kEventBytes);
    events.push_back(parse_event(line));
  }
  return events;
}

}  // namespace stint::test
