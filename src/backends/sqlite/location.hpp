/// Where a store of SQLite is: its file and the files beside it.
#pragma once
#include <string>
#include <string_view>

namespace stint::sqlite {

/// Name the files of one store. Paths are absolute, so that a later chdir changes nothing.
struct Location {
  std::string path;  ///< the database

  std::string turn_path() const { return path + "-turn"; }
  std::string wake_path() const { return path + "-wake"; }
};

/// Take the path out of a `sqlite:` URL. Throws Error (kConfiguration) for one that cannot be
/// meant.
Location parse_location(std::string_view url);

/// Make the folder of the database and those above it (0700), and an empty file (0600) where there
/// is none yet. Throws Error (kUnavailable) with the path, the cause and the way out.
void make_place(const Location& location);

}  // namespace stint::sqlite
