// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "EVACLIP",
    products: [
        .library(name: "EVACLIP", targets: ["EVACLIP"]),
        .executable(name: "evaclip", targets: ["evaclip"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Level 0: C and C++ behind plain C headers.
        .systemLibrary(name: "Libtorch", pkgConfig: "libtorch"),
        .target(name: "CTorch", dependencies: ["Libtorch"]),
        .target(name: "CTorchMemory", dependencies: ["Libtorch"]),
        .target(name: "CTorchKernels", dependencies: ["Libtorch"]),
        .target(name: "CThreads", exclude: ["exported.list"]),
        .systemLibrary(
            name: "Libjpeg", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
        .systemLibrary(name: "Libpng", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "Libwebp", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
        .systemLibrary(name: "Libtiff", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
        .systemLibrary(name: "Libavif", pkgConfig: "libavif", providers: [.apt(["libavif-dev"])]),
        .systemLibrary(
            name: "Libopenjp2", pkgConfig: "libopenjp2", providers: [.apt(["libopenjp2-7-dev"])]),
        .systemLibrary(name: "Libgif", pkgConfig: "libgif7", providers: [.apt(["libgif-dev"])]),
        .systemLibrary(
            name: "Libcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "Libz", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "CImageCodecs",
            dependencies: [
                "Libavif", "Libgif", "Libjpeg", "Libopenjp2", "Libpng", "Libtiff", "Libwebp",
            ]),
        .target(name: "CEmbeddedData", exclude: ["Data"]),
        .systemLibrary(
            name: "Libcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CHTTP", dependencies: ["Libcurl"]),
        .target(name: "CFileSystem"),
        .systemLibrary(
            name: "Libmpi", pkgConfig: "mpi-headers", providers: [.apt(["libopenmpi-dev"])]),
        .target(name: "CCollectives", dependencies: ["Libmpi"]),

        // Level 1: values, files and tensors; none knows another.
        .target(
            name: "Torch", dependencies: ["CThreads", "CTorch", "CTorchKernels", "CTorchMemory"]),
        .target(
            name: "EVAConfiguration", dependencies: [.product(name: "Yams", package: "Yams")]),
        .target(name: "EVATokenizer", dependencies: ["CEmbeddedData"]),
        .target(name: "EVAImaging", dependencies: ["CImageCodecs"]),
        .target(name: "EVATensorFiles", dependencies: ["CFileSystem", "Libcrypto", "Libz"]),

        // Level 2: ranks, downloads, and the data pipeline, which never sees a tensor library.
        .target(name: "TorchParallel", dependencies: ["CCollectives", "Torch"]),
        .target(
            name: "EVADownloads", dependencies: ["CHTTP", "EVAConfiguration", "Libcrypto"]),
        .target(
            name: "EVAData",
            dependencies: [
                "CEmbeddedData", "EVAConfiguration", "EVAImaging", "EVATensorFiles", "EVATokenizer",
                "Libz",
            ]),

        // Levels 3 to 5: layers, models and what is done with them.
        .target(name: "EVALayers", dependencies: ["Torch", "TorchParallel"]),
        .target(
            name: "EVAModels",
            dependencies: [
                "EVAConfiguration", "EVALayers", "EVATensorFiles", "Torch", "TorchParallel",
            ]),
        .target(
            name: "EVAOptimization",
            dependencies: ["EVAConfiguration", "EVALayers", "Torch", "TorchParallel"]),
        .target(
            name: "EVAEvaluation",
            dependencies: [
                "EVAConfiguration", "EVAData", "EVAImaging", "EVALayers", "EVAModels",
                "EVATensorFiles", "Torch", "TorchParallel",
            ]),
        .target(
            name: "EVATraining",
            dependencies: [
                "EVAConfiguration", "EVAData", "EVAEvaluation", "EVAImaging", "EVALayers",
                "EVAModels", "EVAOptimization", "EVATensorFiles", "EVATokenizer", "Torch",
                "TorchParallel",
            ]),

        // Level 6: the library's front and the command.
        .target(
            name: "EVACLIP",
            dependencies: [
                "EVAConfiguration", "EVAData", "EVAEvaluation", "EVAImaging", "EVALayers",
                "EVAModels", "EVATensorFiles", "EVATokenizer", "Torch",
            ]),
        .target(
            name: "EVACommands",
            dependencies: [
                "EVAConfiguration", "EVAData", "EVADownloads", "EVAEvaluation", "EVAImaging",
                "EVALayers", "EVAModels", "EVAOptimization", "EVATensorFiles", "EVATokenizer",
                "EVATraining", "Torch", "TorchParallel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "evaclip", dependencies: ["EVACommands"]),

        // Tests.
        .target(
            name: "EVATestSupport", dependencies: ["EVATensorFiles", "Torch", "TorchParallel"],
            path: "Tests/EVATestSupport", resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EVAConfigurationTests", dependencies: ["EVAConfiguration"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EVATensorFilesTests", dependencies: ["EVATensorFiles"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EVATokenizerTests", dependencies: ["CEmbeddedData", "EVATokenizer"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EVAImagingTests", dependencies: ["EVAImaging"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EVADataTests",
            dependencies: ["EVAData", "EVAImaging", "EVATensorFiles", "EVATokenizer"]),
        .testTarget(
            name: "EVADownloadsTests",
            dependencies: ["EVAConfiguration", "EVADownloads", "EVATestSupport"]),
        .testTarget(
            name: "EVACLIPTests",
            dependencies: ["EVACLIP", "EVATensorFiles", "EVATestSupport", "EVATokenizer"]),
        .testTarget(name: "TorchTests", dependencies: ["EVATestSupport", "Torch"]),
        // One rank of several, started by mpirun, which the tests run.
        .executableTarget(
            name: "RankProgram",
            dependencies: [
                "EVAConfiguration", "EVATestSupport", "EVATraining", "Torch", "TorchParallel",
            ],
            path: "Tests/RankProgram"),
        .testTarget(
            name: "TorchParallelTests",
            dependencies: ["EVATestSupport", "RankProgram", "Torch", "TorchParallel"]),
        .testTarget(
            name: "EVAModelsTests",
            dependencies: [
                "EVAConfiguration", "EVALayers", "EVAModels", "EVATensorFiles", "EVATestSupport",
                "Torch", "TorchParallel",
            ]),
        .testTarget(
            name: "EVAOptimizationTests",
            dependencies: [
                "EVAConfiguration", "EVALayers", "EVAModels", "EVAOptimization", "EVATensorFiles",
                "EVATestSupport", "Torch",
            ], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EVAEvaluationTests",
            dependencies: [
                "EVAConfiguration", "EVAData", "EVAEvaluation", "EVAImaging", "EVALayers",
                "EVAModels", "EVATensorFiles", "EVATestSupport", "EVATokenizer", "Torch",
            ]),
        .testTarget(
            name: "EVATrainingTests",
            dependencies: [
                "EVAConfiguration", "EVAData", "EVALayers", "EVAModels", "EVATensorFiles",
                "EVATestSupport", "EVATraining", "Torch", "TorchParallel",
            ]),
        // Runs the built command as a process.
        .testTarget(
            name: "EVACommandsTests",
            dependencies: [
                "EVACommands", "EVAConfiguration", "EVAData", "EVAImaging", "EVATensorFiles",
                "EVATestSupport", "EVATokenizer", "evaclip",
                .product(name: "Yams", package: "Yams"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
    ],
    cxxLanguageStandard: .cxx20
)

// One set of rules for every Swift target. Warnings are made errors by the Makefile and CI.
for target in package.targets where ![.system, .plugin, .binary].contains(target.type) {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
