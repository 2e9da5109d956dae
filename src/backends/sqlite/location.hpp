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

/// Make an empty file (0600) where there is none yet. A folder is made only within the place that
/// is Stint's own, `stint` in $XDG_STATE_HOME (~/.local/state), with those above it (0700): another
/// one is more likely a slip of the pen or a disk that is not mounted. Throws Error with the path,
/// the cause and the way out: kConfiguration if the folder is missing, else kUnavailable.
void make_place(const Location& location);

}  // namespace stint::sqlite
