#include "demo.hpp"
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <stdexcept>
#include <vector>
#include "checksums.hpp"
#include "find_files.hpp"

namespace {

using Seconds = std::chrono::duration<double>;
using Handle = stint::JobHandle<Checksum>;
constexpr std::size_t kBatch = 1000;

/// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "checksums-XXXXXX").native();
    if (::mkdtemp(path.data()) == nullptr) {
      throw std::runtime_error{"cannot make " + path + ": " + std::strerror(errno)};
    }
    path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Show how far it is: a bar on a terminal, elsewhere a line now and then.
class Progress {
 public:
  explicit Progress(std::size_t total) : total_(std::max<std::size_t>(total, 1)) {}
  ~Progress() {
    if (is_terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::size_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + (is_terminal_ ? std::chrono::milliseconds{100} : std::chrono::seconds{5});
    const std::size_t filled = kWidth * std::min(done, total_) / total_;
    if (is_terminal_) {
      std::cerr << fmt::format("\r\x1b[K[{:#>{}}{:->{}}] {}/{}", "", filled, "", kWidth - filled,
                               done, total_)
                << std::flush;
    } else {
      std::cerr << fmt::format("{} of {} files\n", done, total_);
    }
  }

 private:
  static constexpr std::size_t kWidth = 40;
  std::size_t total_;
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
};

std::vector<Handle> enqueue_all(stint::Job& job, stint::Client& client,
                                std::span<const std::string> paths) {
  std::vector<Handle> handles;
  while (!paths.empty()) {
    job.check_stop();
    std::vector<HashFile> batch;
    for (const std::string& path : paths.first(std::min(kBatch, paths.size()))) {
      batch.push_back({.path = stint::Bytes{path}});
    }
    paths = paths.subspan(batch.size());
    std::ranges::move(client.enqueue(hash_file, batch), std::back_inserter(handles));
  }
  return handles;
}

/// Wait for the end of every job. Workers of other programs may have taken some of them.
void wait_for_all(stint::Job& job, std::span<const Handle> handles) {
  Progress progress{handles.size()};
  for (std::size_t done = 0; done < handles.size();) {
    job.check_stop();
    progress.show(done);
    if (is_final(handles[done].wait_for(std::chrono::milliseconds{200}))) ++done;
  }
}

/// Write a name as sha256sum does: with a backslash in front of the line if anything is escaped.
std::string sum_line(const std::string& sum, const std::string& path) {
  std::string name;
  for (const char c : path) {
    if (c == '\\') {
      name += "\\\\";
    } else if (c == '\n') {
      name += "\\n";
    } else if (c == '\r') {
      name += "\\r";
    } else {
      name += c;
    }
  }
  return (name.size() > path.size() ? "\\" : "") + sum + "  " + name + "\n";
}

struct Summary {
  std::size_t done = 0;
  std::size_t failed = 0;
  std::int64_t bytes = 0;
};

Summary collect(std::span<const Handle> handles, const FoundFiles& files,
                const std::string& output) {
  std::ofstream sums;
  if (!output.empty()) {
    sums.open(output, std::ios::binary);
    if (!sums) throw std::runtime_error{"cannot write " + output + ": " + std::strerror(errno)};
  }
  Summary summary;
  for (std::size_t i = 0; i < handles.size(); ++i) {
    try {
      const Checksum checksum = handles[i].get();
      ++summary.done;
      summary.bytes += checksum.bytes;
      if (sums.is_open()) sums << sum_line(checksum.sha256, files.paths[i]);
    } catch (const stint::JobFailed& error) {
      ++summary.failed;
      std::cerr << error.what() << '\n';
    }
  }
  for (const std::string& problem : files.problems) std::cerr << problem << '\n';
  summary.failed += files.problems.size();
  sums.flush();
  if (!sums && !output.empty()) throw std::runtime_error{"cannot write all of " + output};
  return summary;
}

void print(const Summary& summary, std::string_view folder, Seconds enqueue, Seconds work) {
  const auto rate = [](std::size_t jobs, Seconds time) {
    return static_cast<double>(jobs) / std::max(time.count(), 1e-9);
  };
  const std::size_t jobs = summary.done + summary.failed;
  std::cout << fmt::format(
      "folder    {}\nfiles     {}\nbytes     {}\nenqueued  {} jobs in {:.2f} s, {:.0f} jobs/s\n"
      "executed  {} jobs in {:.2f} s, {:.0f} jobs/s\nfailures  {}\n",
      folder, jobs, summary.bytes, jobs, enqueue.count(), rate(jobs, enqueue), jobs, work.count(),
      rate(jobs, work), summary.failed);
}

}  // namespace

int demo(stint::Job& job, const stint::Settings& settings, const std::string& folder, int slots,
         const std::string& output) {
  const FoundFiles files = find_files(folder);
  const TemporaryFolder temporary;
  const bool has_store = settings.source("stores.default") != "default" &&
                         settings.source("stores.default") != "not set";
  const stint::Settings used =
      has_store ? settings
                : stint::load_settings(
                      {.file = settings.file(),
                       .command_line = {{"stores.default",
                                         "sqlite:" + (temporary.path() / "jobs.db").native()}}},
                      {checksums});

  stint::Client client{used, {checksums}};
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Handle> handles = enqueue_all(job, client, files.paths);
  const auto enqueued = std::chrono::steady_clock::now();
  stint::Worker worker{used, {checksums}, {.slots = slots}};
  worker.start();
  wait_for_all(job, handles);
  const auto ended = std::chrono::steady_clock::now();
  worker.drain();

  const Summary summary = collect(handles, files, output);
  print(summary, folder, enqueued - start, ended - enqueued);
  return summary.failed == 0 ? 0 : 1;
}
