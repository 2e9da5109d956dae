#include "base/version.hpp"
#include <fstream>
#include <sstream>
#include <string>
#include <gtest/gtest.h>

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
