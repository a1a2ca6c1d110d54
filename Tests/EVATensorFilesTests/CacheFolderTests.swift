import EVATensorFiles
import Testing

@Test(
    "The cache lies where the environment says, else under the home folder",
    arguments: [
        (["EVACLIP_HOME": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/a"),
        (["EVACLIP_HOME": "", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/b/evaclip"),
        (["HOME": "/c"], "/c/.cache/evaclip"), ([:], nil),
    ] as [([String: String], String?)])
func cacheFolder(environment: [String: String], path: String?) {
    #expect(CacheFolder.path(environment: environment) == path)
}
