#include "meter.hpp"
#include <sys/resource.h>
#include <unistd.h>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>
#include <fmt/format.h>

namespace stint::bench {
namespace {

struct ProcessStat {
  pid_t parent = 0;
  std::int64_t own_ticks = 0;
  std::int64_t waited_for_ticks = 0;  // of children that have ended
};

std::optional<ProcessStat> read_stat(pid_t pid) {
  std::ifstream file{fmt::format("/proc/{}/stat", pid)};
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  // The name, in parentheses, may hold blanks and parentheses.
  std::istringstream fields{text.substr(text.rfind(')') + 2)};
  std::vector<std::string> field;
  for (std::string one; fields >> one;) field.push_back(one);
  if (field.size() < 15) return std::nullopt;
  const auto number = [&](std::size_t index) { return std::stoll(field[index]); };
  return ProcessStat{.parent = static_cast<pid_t>(number(1)),
                     .own_ticks = number(11) + number(12),
                     .waited_for_ticks = number(13) + number(14)};
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec == std::errc{} && read.ptr == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

bool is_postgres(pid_t pid) {
  std::ifstream file{fmt::format("/proc/{}/comm", pid)};
  std::string name;
  return std::getline(file, name) && name.starts_with("postgres");
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds_of(__rusage_who who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

}  // namespace

std::optional<ServerProcesses> ServerProcesses::find(pid_t backend) {
  const auto stat = read_stat(backend);
  if (!stat || !is_postgres(backend) || !is_postgres(stat->parent)) return std::nullopt;
  return ServerProcesses{stat->parent};
}

double ServerProcesses::cpu_seconds() const {
  std::int64_t ticks = 0;
  for (const pid_t pid : all_processes()) {
    const auto stat = read_stat(pid);
    if (!stat) continue;  // ended meanwhile
    if (pid == postmaster_) ticks += stat->own_ticks + stat->waited_for_ticks;
    if (stat->parent == postmaster_) ticks += stat->own_ticks;
  }
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double own_cpu_seconds() { return cpu_seconds_of(RUSAGE_SELF); }
double children_cpu_seconds() { return cpu_seconds_of(RUSAGE_CHILDREN); }

Meter::Meter(const std::optional<ServerProcesses>& server)
    : server_(server),
      server_before_(server ? server->cpu_seconds() : 0),
      client_before_(own_cpu_seconds()),
      started_at_(std::chrono::steady_clock::now()) {}

Sample Meter::stop(std::int64_t jobs) const {
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started_at_;
  Sample sample{.jobs = jobs,
                .seconds = wall.count(),
                .client_cpu_seconds = own_cpu_seconds() - client_before_};
  if (server_) sample.server_cpu_seconds = server_->cpu_seconds() - server_before_;
  return sample;
}

}  // namespace stint::bench
