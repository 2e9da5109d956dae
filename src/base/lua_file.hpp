#pragma once

#include <string_view>

namespace stint {

/// Hold one .lua file that was embedded at build time. All views last as long as the program.
struct LuaFile {
  std::string_view name;  ///< The stem: for errors and logs.
  std::string_view sha1;  ///< Of the text, in hexadecimal digits: how a server names it.
  std::string_view text;  ///< The whole file.
};

}  // namespace stint
