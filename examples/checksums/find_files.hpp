// The files below a folder.
#pragma once
#include <string>
#include <vector>

struct FoundFiles {
  std::vector<std::string> paths;     ///< regular files, sorted by their bytes
  std::vector<std::string> problems;  ///< folders that cannot be read, each with the reason
};

/// List the regular files below `folder`; symbolic links are not followed. Throws
/// std::runtime_error if the folder itself cannot be read.
FoundFiles find_files(const std::string& folder);
