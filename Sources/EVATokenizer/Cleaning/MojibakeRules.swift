/// Neighbouring characters that hardly occur together except in mojibake.
///
/// Each rule is found by experience, not derived; together they are those of ftfy 6.3.
enum MojibakeRules {
    /// The characters allowed at one place of a rule.
    struct Place: Sendable {
        let matches: @Sendable (Unicode.Scalar, MojibakeTraits) -> Bool
    }

    /// Rules that hold anywhere in a text.
    static let anywhere: [[Place]] = general + westEuropean + macRoman + cyrillic + greekAndBaltic

    /// Rules that hold at its beginning only.
    static let atStart: [[Place]] = [[of("\u{C3}\u{C2}"), of(" ")]]

    // MARK: Places

    /// Characters that play one of these parts, or are listed.
    private static func of(_ traits: MojibakeTraits, or listed: String = "") -> Place {
        let scalars = Array(listed.unicodeScalars)
        return Place { scalar, itsTraits in
            !itsTraits.isDisjoint(with: traits) || scalars.contains(scalar)
        }
    }

    private static func of(_ listed: String) -> Place {
        of([], or: listed)
    }

    private static let lowerASCII = Place { scalar, _ in "a"..."z" ~= scalar }
    private static let letterASCII = Place { scalar, _ in isLetterASCII(scalar) }
    private static let otherThanLetterASCII = Place { scalar, _ in !isLetterASCII(scalar) }
    private static let letterASCIIOrSpace = Place { scalar, _ in
        isLetterASCII(scalar) || scalar == " "
    }
    private static let space = Place { scalar, _ in scalar.isPythonSpace }
    private static let word = Place { scalar, _ in scalar.isPythonWord }
    private static let otherThanLineFeed = Place { scalar, _ in scalar != "\n" }

    private static func isLetterASCII(_ scalar: Unicode.Scalar) -> Bool {
        "a"..."z" ~= scalar || "A"..."Z" ~= scalar
    }

    // MARK: Rules

    /// What accents, punctuation, currencies and the like are never next to.
    private static let general: [[Place]] = {
        let marks: MojibakeTraits = [
            .accented, .box, .punctuation, .currency, .numeric, .legal,
        ]
        return [
            [of(.control)],
            [of(marks.union(.bad)), of(.bad)],
            [of(.bad), of(marks)],
            [letterASCII, of([.lowerCommon, .upperCommon]), of(.bad)],
            [
                of([.lowerAccented, .lowerCommon, .box, .closing, .currency, .numeric]),
                of(.upperAccented),
            ],
            [of([.box, .closing, .currency, .numeric]), of(.lowerAccented)],
            [of([.lowerAccented, .box, .closing]), of(.currency)],
            [space, of(.upperAccented), of(.currency)],
            [of([.upperAccented, .box]), of([.numeric, .legal])],
            [of([.accented, .box, .currency, .closing]), of(.opening), of(.numeric)],
            [of([.accented, .currency, .numeric, .box, .legal]), of(.closing), of(.opening)],
            [of([.currency, .numeric, .box]), of(.opening)],
            [lowerASCII, of(.upperAccented), of([.opening, .currency])],
            [of(.box), of(.face)],
            [of(marks.subtracting(.box)), of(.box)],
            [of(.box), of(.closing)],
            [of(.accented), of(.punctuation), word],
            // The ligature oe belongs before letters.
            [of("\u{152}\u{153}"), otherThanLetterASCII],
            [of(.upperAccented), of("\u{B0}")],
        ]
    }()

    /// UTF-8 read as windows-1252.
    private static let westEuropean: [[Place]] = {
        let capitalAs = of("\u{C3}\u{C2}")
        let arabicLead = of("\u{D8}\u{D9}")
        let arabicNext = of(
            [.common, .currency, .bad, .numeric, .opening],
            or: "\u{178}\u{160}\u{AE}\u{B0}\u{B5}\u{BB}")
        return [
            [
                of("\u{C2}\u{C3}\u{CE}\u{D0}"),
                of(
                    .punctuation,
                    or: "\u{20AC}\u{153}\u{160}\u{161}\u{A2}\u{A3}\u{178}\u{17E}\u{A0}\u{AD}"
                        + "\u{AE}\u{A9}\u{B0}\u{B7}\u{BB}\u{2013}\u{2014}\u{B4}"),
            ],
            [of("\u{D7}"), of("\u{B2}\u{B3}")],
            // Two letters, for one could be meant.
            [arabicLead, arabicNext, arabicLead, arabicNext],
            // Scripts of South Asia.
            [of("\u{E0}"), of("\u{B2}\u{B5}\u{B9}\u{BC}\u{BD}\u{BE}")],
            // The letter a with an accent, and the no-break space.
            [of("\u{C3}"), of("\u{A0}\u{A1}")],
            [lowerASCII, capitalAs, of(" ")],
            [lowerASCII, space, capitalAs, of(" ")],
            [
                of(.closing, or: "abcdefghijklmnopqrstuvwxyz.,?!"), of("\u{C2}"),
                of(.punctuation, or: " "),
            ],
        ]
    }()

    /// UTF-8 read as Mac OS Roman.
    private static let macRoman: [[Place]] = [
        [
            of("\u{221A}"),
            of(
                "\u{B1}\u{2202}\u{2020}\u{2260}\u{AE}\u{2122}\u{B4}\u{2264}\u{2265}\u{A5}\u{B5}\u{F8}"
            ),
        ],
        [of("\u{2248}"), of("\u{B0}\u{A2}")],
        [
            of("\u{201A}"), of("\u{C4}"),
            of("\u{EC}\u{EE}\u{EF}\u{F2}\u{F4}\u{FA}\u{F9}\u{FB}\u{2020}\u{B0}\u{A2}\u{3C0}"),
        ],
        [of("\u{201A}"), of("\u{E2}\u{F3}"), of("\u{E0}\u{E4}\u{B0}\u{EA}")],
    ]

    private static let strange: MojibakeTraits = [.control, .bad, .punctuation, .currency]

    /// UTF-8 read as windows-1251.
    private static let cyrillic: [[Place]] = {
        let lead = of("\u{412}\u{413}\u{420}\u{421}")
        return [
            [of("\u{432}"), of("\u{402}")],
            [lead, of(strange, or: "\u{B0}\u{B5}"), lead],
            // Punctuation that was broken twice.
            [
                of("\u{413}"), of("\u{45E}"), of("\u{412}"), of("\u{402}"), of("\u{412}"),
                otherThanLineFeed, letterASCIIOrSpace,
            ],
        ]
    }()

    /// UTF-8 read as windows-1253 and windows-1257.
    private static let greekAndBaltic: [[Place]] = {
        let lead = of("\u{392}\u{393}\u{39E}\u{39F}")
        return [
            [of("\u{3B2}"), of("\u{20AC}"), of("\u{2122}\u{A0}\u{386}\u{AD}\u{AE}\u{B0}")],
            [lead, of(strange, or: "\u{B0}"), lead],
            [of("\u{101}"), of("\u{20AC}")],
        ]
    }()
}
