// Compute the SHA-256 of every file below a folder, each as a job.
//
//   checksums                                        the files below /usr/include
//   checksums FOLDER --output SUMS --slots 4         `sha256sum -c SUMS` accepts the result
//   checksums FOLDER --store postgresql://...        the same through PostgreSQL
//   checksums worker run                             be one more worker for such a run
#include "checksums.hpp"
#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <vector>
#include "demo.hpp"
#include "hash.hpp"

void to_json(stint::json& to, const HashFile& from) {
  const std::string_view path = from.path.view();
  const bool is_ascii = std::ranges::all_of(path, [](char c) { return c > 0; });
  to = stint::json::object();
  if (path.empty()) {
    to["path"] = nullptr;  // none was given
  } else if (is_ascii) {
    to["path"] = std::string{path};
  } else {
    to["path"] = from.path;
  }
}

void from_json(const stint::json& from, HashFile& to) { from.at("path").get_to(to.path); }

STINT_MODULE(checksums, m) {
  using stint::arg;
  m.task(hash_file,
         [](stint::Job& job, const HashFile& args) {
           return sha256_of(job, std::string{args.path.view()});
         },
         {arg("path").required().help("the file to read")},
         {.doc = "Computes the SHA-256 of a file."});
  m.command("demo", demo,
            {arg("folder").help("the folder whose files are read") = "/usr/include",
             arg("slots").help("files read at once; 0: the number of cores") = 0,
             arg("output").help("write the checksums to this file, as sha256sum does") = ""},
            {.doc = "Computes the SHA-256 of every file below a folder, each as a job."});
}

// `checksums`, `checksums FOLDER` and `checksums --slots 4` mean the command `demo`.
int main(int argc, char** argv) {
  std::vector<char*> words(argv, argv + argc);
  const std::string_view first = argc > 1 ? argv[1] : "";
  const bool is_help = first == "--help" || first == "-h" || first == "--version";
  const bool is_option = first.starts_with('-') && !is_help;
  std::error_code ignored;
  static char name[] = "demo";
  if (argc == 1 || is_option || std::filesystem::is_directory(first, ignored)) {
    words.insert(words.begin() + std::min(argc, 1), name);
  }
  return stint::main(static_cast<int>(words.size()), words.data(), {checksums});
}
