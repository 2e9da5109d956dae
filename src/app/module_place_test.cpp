#include "app/module_place.hpp"
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/temporary_folder.hpp"

namespace stint {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ModulePlace : public ::testing::Test {
 protected:
  ModulePlace() {
    fs::create_directories(folder);
    ::chmod(folder.c_str(), 0755);
    write(folder / "images.so", "images");
  }

  static void write(const fs::path& path, const std::string& text) {
    std::ofstream{path} << text;
    ::chmod(path.c_str(), 0644);
  }
  /// What the file that is opened begins with.
  std::string read(const std::string& name) const {
    const ModuleFile file = open_module(name, folders);
    std::string text(20, '\0');
    text.resize(static_cast<std::size_t>(::pread(file.descriptor.get(), text.data(), 20, 0)));
    return text;
  }
  std::string refusal(const std::string& name) const {
    try {
      open_module(name, folders);
      return {};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
      return error.what();
    }
  }

  const test::TemporaryFolder temporary;
  const fs::path root = fs::canonical(temporary.path());
  const fs::path folder = root / "modules";
  std::vector<std::string> folders{(root / "absent").string(), folder.string()};
};

TEST_F(ModulePlace, IsFoundByNameOrPath) {
  EXPECT_EQ(read("images"), "images");
  EXPECT_EQ(read("images.so"), "images");
  EXPECT_EQ(read((folder / "images.so").string()), "images");
  EXPECT_EQ(read((folder / ".." / "modules" / "images.so").string()), "images");
}

TEST_F(ModulePlace, IsTheFirstThatHasTheName) {
  fs::create_directories(root / "absent");
  ::chmod((root / "absent").c_str(), 0755);
  write(root / "absent" / "images.so", "other");
  EXPECT_EQ(read("images"), "other");
}

TEST_F(ModulePlace, IsMissedWithTheNearestName) {
  EXPECT_THAT(refusal("image"),
              AllOf(HasSubstr("there is no module \"image\""), HasSubstr(folder.string()),
                    HasSubstr("did you mean \"images\"?"), HasSubstr("there are images")));
  EXPECT_THAT(refusal((folder / "imagse.so").string()),
              AllOf(HasSubstr("does not exist"), HasSubstr("did you mean \"images.so\"?")));
  EXPECT_THAT(refusal((folder / "images.so" / "x.so").string()), HasSubstr("does not exist"));
  fs::create_symlink("nowhere", folder / "dangling.so");
  EXPECT_THAT(refusal("dangling"), HasSubstr("does not exist"));
  EXPECT_THAT(refusal(""), HasSubstr("has a name"));
  EXPECT_THAT(refusal("../modules/../images"), HasSubstr("does not exist"));
}

TEST_F(ModulePlace, IsListedByName) {
  fs::create_directories(root / "absent");
  write(root / "absent" / "images.so", "");
  write(root / "absent" / "billing.so", "");
  write(root / "absent" / "notes.txt", "");
  EXPECT_THAT(module_names(folders), ::testing::ElementsAre("billing", "images"));
}

TEST_F(ModulePlace, IsAListedFolderOnly) {
  write(root / "outside.so", "outside");
  EXPECT_THAT(refusal((root / "outside.so").string()),
              AllOf(HasSubstr("is in none of the folders of modules"),
                    HasSubstr("add " + root.string() + " to [modules] directories")));
  folders = {};
  EXPECT_THAT(refusal("images"), HasSubstr("in the folders of modules (none)"));
}

TEST_F(ModulePlace, FollowsLinksThatStayInListedFolders) {
  fs::create_symlink("images.so", folder / "link.so");
  EXPECT_EQ(read("link"), "images");
  fs::create_symlink(folder, root / "modules-link");
  folders = {(root / "modules-link").string()};
  EXPECT_EQ(read("images"), "images");
  write(root / "outside.so", "outside");
  fs::create_symlink("../outside.so", folder / "out.so");
  EXPECT_THAT(refusal("out"), AllOf(HasSubstr("is " + (root / "outside.so").string()),
                                    HasSubstr("is in none of the folders")));
}

TEST_F(ModulePlace, IsARegularFile) {
  fs::create_directory(folder / "folder.so");
  EXPECT_THAT(refusal("folder"), HasSubstr("is a folder"));
  ASSERT_EQ(::mkfifo((folder / "pipe.so").c_str(), 0600), 0);
  EXPECT_THAT(refusal("pipe"), HasSubstr("is no regular file")) << "and nobody waits for a writer";
}

TEST_F(ModulePlace, IsWritableByItsOwnerAlone) {
  for (const mode_t mode : {0664U, 0646U, 0666U}) {
    ::chmod((folder / "images.so").c_str(), mode);
    EXPECT_THAT(refusal("images"), AllOf(HasSubstr("can be written by others than its owner"),
                                         HasSubstr("chmod go-w")))
        << std::oct << mode;
  }
  ::chmod((folder / "images.so").c_str(), 0644);
  // Sticky or not: others could put files beside it, or first.
  for (const mode_t mode : {0775U, 0757U, 01777U}) {
    ::chmod(folder.c_str(), mode);
    EXPECT_THAT(refusal("images"), AllOf(HasSubstr("the folder " + folder.string()),
                                         HasSubstr("can be written by others")))
        << std::oct << mode;
  }
  ::chmod(folder.c_str(), 0755);
  EXPECT_EQ(read("images"), "images");
}

TEST_F(ModulePlace, IsBelowFoldersThatNobodyElseCanChange) {
  ::chmod(root.c_str(), 0777);
  EXPECT_THAT(refusal("images"), HasSubstr("the folder " + root.string() + " can be written"));
  ::chmod(root.c_str(), 01777);  // as /tmp: who may write there cannot move what is another's
  EXPECT_EQ(read("images"), "images");
  ::chmod(root.c_str(), 0700);
}

TEST_F(ModulePlace, BelongsToRootOrTheUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(::chown((folder / "images.so").c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal("images"), AllOf(HasSubstr("belongs to "), HasSubstr("not to root")));
  ASSERT_EQ(::chown((folder / "images.so").c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(folder.c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal("images"), HasSubstr("the folder " + folder.string() + " belongs to "));
}

TEST_F(ModulePlace, IsTheOneThatWasOpenedWhateverHasItsNameNow) {
  const ModuleFile file = open_module("images", folders);
  write(root / "other.so", "evil!!");
  fs::rename(root / "other.so", folder / "images.so");
  std::string text(6, '\0');
  ASSERT_EQ(::pread(file.descriptor.get(), text.data(), 6, 0), 6);
  EXPECT_EQ(text, "images");
}

}  // namespace
}  // namespace stint
