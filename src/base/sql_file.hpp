#pragma once

#include <string_view>

namespace stint {

/// Hold one .sql file that was embedded at build time. Both views last as long as the program.
struct SqlFile {
  std::string_view name;  ///< The stem: statement name, metric label and log field.
  std::string_view text;  ///< The whole file, with the schema's placeholder still in it.
};

}  // namespace stint
