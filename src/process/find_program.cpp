#include "process/find_program.hpp"
#include <sys/stat.h>
#include <unistd.h>

namespace stint {

std::string find_program(const std::string& name, std::string_view path) {
  if (name.empty() || name.find('/') != std::string::npos) return name;
  std::string second_best;
  for (;;) {
    const std::size_t end = path.find(':');
    const std::string_view folder = path.substr(0, end);
    std::string file = std::string{folder.empty() ? "." : folder} + '/' + name;
    struct stat status{};
    if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      if (::access(file.c_str(), X_OK) == 0) return file;
      if (second_best.empty()) second_best = std::move(file);
    }
    if (end == std::string_view::npos) return second_best;
    path.remove_prefix(end + 1);
  }
}

}  // namespace stint
