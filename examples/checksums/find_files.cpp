#include "find_files.hpp"
#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace fs = std::filesystem;

namespace {

void add_entry(const fs::directory_entry& entry, FoundFiles& found,
               std::vector<fs::path>& folders) {
  std::error_code problem;
  const fs::file_status status = entry.symlink_status(problem);
  if (problem) {
    found.problems.push_back(entry.path().native() + ": " + problem.message());
  } else if (fs::is_directory(status)) {
    folders.push_back(entry.path());
  } else if (fs::is_regular_file(status)) {
    found.paths.push_back(entry.path().native());
  }
}

}  // namespace

FoundFiles find_files(const std::string& folder) {
  FoundFiles found;
  std::vector<fs::path> folders{folder};
  for (bool is_first = true; !folders.empty(); is_first = false) {
    const fs::path here = std::move(folders.back());
    folders.pop_back();
    std::error_code problem;
    fs::directory_iterator entries{here, problem};
    while (!problem && entries != fs::directory_iterator{}) {
      add_entry(*entries, found, folders);
      entries.increment(problem);
    }
    if (!problem) continue;
    if (is_first) throw std::runtime_error{"cannot read " + folder + ": " + problem.message()};
    found.problems.push_back(here.native() + ": " + problem.message());
  }
  std::ranges::sort(found.paths);
  return found;
}
