#include "support/execution_journal.hpp"
#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <fmt/format.h>
#include "base/clock.hpp"

namespace stint::test {
namespace {

// Every line has this length, which divides a page: a write within one page is neither seen by half
// nor cut off by a kill.
constexpr std::size_t kLineBytes = 64;

JournalEntry parse(const std::string& line) {
  std::istringstream text{line};
  char kind = 0;
  JournalEntry entry;
  std::int64_t at = 0;
  text >> kind >> entry.pid >> entry.job.value >> entry.epoch.value >> at;
  if (!text || (kind != 'S' && kind != 'E')) throw std::runtime_error{"broken journal: " + line};
  entry.is_end = kind == 'E';
  entry.at = std::chrono::nanoseconds{at};
  return entry;
}

int open_or_throw(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) throw std::system_error{errno, std::generic_category(), path};
  return descriptor;
}

}  // namespace

JournalWriter::JournalWriter(const std::string& path)
    : descriptor_(open_or_throw(path, O_WRONLY | O_CREAT | O_APPEND)) {}

JournalWriter::~JournalWriter() { ::close(descriptor_); }

void JournalWriter::write(bool is_end, JobId job, Epoch epoch) const {
  const std::string line =
      fmt::format("{} {:08} {:012} {:010} {:028}\n", is_end ? 'E' : 'S', ::getpid(), job.value,
                  epoch.value, real_clock().boot_now().count());
  if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(kLineBytes)) {
    throw std::runtime_error{"cannot write the journal"};
  }
}

JournalReader::JournalReader(const std::string& path)
    : descriptor_(open_or_throw(path, O_RDONLY)) {}

JournalReader::~JournalReader() { ::close(descriptor_); }

std::vector<JournalEntry> JournalReader::read_new() {
  std::vector<JournalEntry> entries;
  std::string line(kLineBytes, '\0');
  while (::pread(descriptor_, line.data(), line.size(), offset_) ==
         static_cast<ssize_t>(kLineBytes)) {
    offset_ += static_cast<off_t>(kLineBytes);
    entries.push_back(parse(line));
  }
  return entries;
}

}  // namespace stint::test
