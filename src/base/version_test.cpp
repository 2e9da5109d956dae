#include "base/version.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace stint {
namespace {

TEST(Version, IsTheOneInTheProject) {
  std::ifstream file{STINT_SOURCE_DIR "/CMakeLists.txt"};
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("VERSION " + std::string{version()} + "\n"), std::string::npos);
}

}  // namespace
}  // namespace stint
