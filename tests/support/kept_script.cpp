#include "support/kept_script.hpp"
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>
#include "support/processes.hpp"

extern char** environ;  // NOLINT: POSIX's own

namespace stint::test {

KeptScript::KeptScript(Keeper& keeper, const std::string& script, SpawnOptions options)
    : mark_(unique_variable()) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    throw std::system_error{errno, std::generic_category(), "pipe2"};
  }
  output_.reset(pipe[0]);
  const UniqueFd writing{pipe[1]};
  if (options.arguments.empty()) options.arguments = {"sh", "-c", script};
  if (!options.environment) {
    options.environment.emplace();
    for (char** one = environ; *one != nullptr; ++one) options.environment->emplace_back(*one);
  }
  options.environment->push_back(mark_);
  options.descriptors.emplace_back(STDOUT_FILENO, writing.get());
  child_ = keeper.spawn(options);
}

std::string KeptScript::read_line() {
  for (;;) {
    const std::size_t end = read_.find('\n');
    if (end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    pollfd entry{.fd = output_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, 20'000) <= 0) throw std::runtime_error{"the script says nothing"};
    std::array<char, 4096> chunk{};
    const ssize_t size = ::read(output_.get(), chunk.data(), chunk.size());
    if (size <= 0) throw std::runtime_error{"the script's output ended"};
    read_.append(chunk.data(), static_cast<std::size_t>(size));
  }
}

ExitStatus KeptScript::wait() const {
  const auto status = child_->wait(std::chrono::seconds{30});
  if (!status) throw std::runtime_error{"the script does not end"};
  return *status;
}

std::vector<pid_t> KeptScript::left() const { return processes_with(mark_); }

}  // namespace stint::test
