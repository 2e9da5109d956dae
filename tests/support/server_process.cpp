#include "support/server_process.hpp"
#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include "process/find_program.hpp"
#include "support/eventually.hpp"
#include "support/store_place.hpp"

namespace stint::test {
namespace {

constexpr const char* kClockFile = "clock";

std::string variable_of(std::string_view name) {
  std::string result = "STINT_TEST_";
  for (const char character : name) {
    result += static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
  }
  return result;
}

}  // namespace

std::optional<std::string> server_address(std::string_view name, std::string& missing) {
  const std::string variable = variable_of(name);
  if (const char* address = std::getenv(variable.c_str())) return address;
  missing = fmt::format("{} names no server; start one with: ./dev up", variable);
  EXPECT_FALSE(is_required(name)) << missing;
  return std::nullopt;
}

std::optional<std::string> server_program(std::string_view name, std::string_view usual_name,
                                          std::string& missing) {
  const std::string variable = variable_of(name) + "_PROGRAM";
  if (const char* program = std::getenv(variable.c_str())) return program;
  const char* path = std::getenv("PATH");
  std::string found = find_program(std::string{usual_name}, path != nullptr ? path : "");
  if (!found.empty()) return found;
  missing =
      fmt::format("{} is not set and no {} is on PATH; ./dev up brings both", variable, usual_name);
  EXPECT_FALSE(is_required(name)) << missing;
  return std::nullopt;
}

ServerProcess::ServerProcess(Options options) : options_(std::move(options)) {
  if (options_.has_fake_clock) set_clock(std::chrono::seconds{0});
}

void ServerProcess::start() {
  ProcessOptions how{.program = "/usr/bin/setpriv", .folder = options_.folder.string()};
  how.arguments = {"--pdeathsig", "KILL", "--", options_.program};
  how.arguments.insert(how.arguments.end(), options_.arguments.begin(), options_.arguments.end());
  if (options_.has_fake_clock) {
    how.environment = {{"LD_PRELOAD", std::string{STINT_TEST_PROGRAM_DIR} + "/fake_clock.so"},
                       {"STINT_TEST_CLOCK_FILE", (options_.folder / kClockFile).string()}};
  }
  process_ = std::make_unique<Process>(how);
  const bool is_up = eventually([&] { return process_->has_ended() || options_.answers(); },
                                std::chrono::seconds{30});
  if (!is_up || process_->has_ended()) {
    throw std::runtime_error{"the server does not start: " + log()};
  }
}

void ServerProcess::stop() {
  if (!is_running()) return;
  resume();
  process_->send_signal(SIGTERM);
  process_->wait();
  process_.reset();
}

void ServerProcess::kill() { process_.reset(); }

void ServerProcess::pause() {
  process_->send_signal(SIGSTOP);
  // A thread that is on another core may still answer until it is told.
  const std::filesystem::path tasks = fmt::format("/proc/{}/task", process_->pid());
  const auto is_stopped = [](const std::filesystem::path& task) {
    std::ifstream file{task / "stat"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto end = text.rfind(") ");  // of its name
    return end == std::string::npos || text[end + 2] == 'T';
  };
  if (!eventually([&] {
        return std::ranges::all_of(std::filesystem::directory_iterator{tasks}, is_stopped);
      })) {
    throw std::runtime_error{"the server does not stop"};
  }
}

void ServerProcess::resume() { process_->send_signal(SIGCONT); }

void ServerProcess::set_clock(std::chrono::seconds ahead) const {
  // In place: the server has the file in its memory.
  std::fstream file{options_.folder / kClockFile, std::ios::in | std::ios::out | std::ios::binary};
  if (!file) file.open(options_.folder / kClockFile, std::ios::out | std::ios::binary);
  const std::int64_t seconds = ahead.count();
  file.write(reinterpret_cast<const char*>(&seconds), sizeof seconds);  // NOLINT: as bytes
}

std::string ServerProcess::log() const {
  return process_ ? process_->out() + process_->err() : std::string{};
}

}  // namespace stint::test
