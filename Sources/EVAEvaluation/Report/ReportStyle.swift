/// The look of the report.
enum ReportStyle {
    static let css = """
        :root {
          color-scheme: light dark;
          --paper: #fcfbf9; --panel: #f3f1ec; --ink: #1f1e1c; --soft: #6d6a63; --rule: #e2dfd7;
          --accent: #2b5fc7; --pale: #c3d2f0; --good: #1f7a4d;
          --s0: #2b5fc7; --s1: #c2571b; --s2: #1f7a4d; --s3: #8a4bb0; --s4: #b0295a; --s5: #75700f;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #16171a; --panel: #1f2125; --ink: #e8e6e1; --soft: #9c9a94; --rule: #303339;
            --accent: #7ea4f4; --pale: #2d3c5e; --good: #5cc490;
            --s0: #7ea4f4; --s1: #f0935c; --s2: #5cc490; --s3: #c594e6; --s4: #ee7fa5; --s5: #cfc85a;
          }
        }
        * { box-sizing: border-box; margin: 0; padding: 0; }
        body {
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
          font-variant-numeric: tabular-nums; color: var(--ink); background: var(--paper);
          max-width: 1120px; margin: 0 auto; padding: 56px 32px 80px; overflow-wrap: break-word;
        }
        h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; font-weight: 650; }
        h2 {
          font-size: 20px; letter-spacing: -0.01em; font-weight: 650; margin: 64px 0 16px;
          padding-top: 16px; border-top: 1px solid var(--rule);
        }
        h3 { font-size: 15px; font-weight: 600; margin: 32px 0 8px; }
        ul, ol { list-style: none; }
        i { font-style: normal; display: block; }
        img {
          display: block; width: 100%; height: auto; border-radius: 6px; background: var(--panel);
          box-shadow: 0 0 0 1px var(--rule);
        }
        small { color: var(--soft); font-size: 13px; }
        .lead { color: var(--soft); font-size: 17px; margin-top: 8px; max-width: 68ch; }
        .note { color: var(--soft); font-size: 14px; max-width: 72ch; }
        .value { color: var(--soft); font-size: 13px; white-space: nowrap; }
        .figures {
          display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
          gap: 24px 32px; margin-top: 36px;
        }
        .figures div { border-top: 2px solid var(--ink); padding-top: 10px; }
        .figures dt { font-size: 14px; color: var(--soft); }
        .figures dd { font-size: 28px; line-height: 1.25; letter-spacing: -0.02em; font-weight: 600; }
        .figures dd.note { font-size: 13px; letter-spacing: 0; font-weight: 400; }
        .charts { display: grid; grid-template-columns: 1fr 1fr; gap: 40px 48px; }
        .chart { min-width: 0; display: flex; flex-direction: column; justify-content: space-between; }
        .chart:first-child { grid-column: 1 / -1; }
        .chart:first-child .plot { height: 320px; }
        .chart h3 { margin: 0; }
        .chart figcaption {
          display: flex; flex-wrap: wrap; gap: 2px 20px; align-items: baseline;
          justify-content: space-between; margin-bottom: 14px;
        }
        .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft); }
        .legend li { display: flex; align-items: center; gap: 6px; }
        .legend b { color: var(--ink); font-weight: 600; }
        .swatch { width: 18px; height: 3px; border-radius: 2px; }
        .plot { position: relative; height: 190px; margin: 0 8px 44px 52px; }
        .plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
        .plot path { fill: none; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
        .plot .rule { stroke: var(--rule); stroke-width: 1px; }
        .plot .line { stroke-width: 2px; stroke-linecap: round; }
        .plot .raw { stroke-width: 1px; opacity: 0.35; }
        .plot span { position: absolute; font-size: 12px; line-height: 16px; color: var(--soft); }
        .plot .y { right: 100%; margin: 0 10px -8px 0; white-space: nowrap; }
        .plot .x { top: 100%; margin-top: 6px; transform: translateX(-50%); }
        .plot .axis { top: 100%; right: 0; margin-top: 24px; }
        .s0 { stroke: var(--s0); } i.s0 { background: var(--s0); }
        .s1 { stroke: var(--s1); } i.s1 { background: var(--s1); }
        .s2 { stroke: var(--s2); } i.s2 { background: var(--s2); }
        .s3 { stroke: var(--s3); } i.s3 { background: var(--s3); }
        .s4 { stroke: var(--s4); } i.s4 { background: var(--s4); }
        .s5 { stroke: var(--s5); } i.s5 { background: var(--s5); }
        .plot .d1 { stroke-dasharray: 7 5; } .plot .d2 { stroke-dasharray: 2 5; }
        .plot .d3 { stroke-dasharray: 9 4 2 4; }
        i.d1 { mask: repeating-linear-gradient(90deg, #000 0 5px, transparent 5px 9px); }
        i.d2 { mask: repeating-linear-gradient(90deg, #000 0 2px, transparent 2px 5px); }
        i.d3 { mask: repeating-linear-gradient(90deg, #000 0 6px, transparent 6px 8px, #000 8px 10px); }
        .scroll { overflow-x: auto; }
        .scroll th, .scroll td { white-space: nowrap; }
        .scroll tr :last-child { padding-right: 0; }
        .bars { columns: 2 320px; column-gap: 64px; margin-top: 16px; }
        .bars li {
          display: grid; grid-template-columns: minmax(0, 9em) 1fr 2.8em; gap: 12px;
          align-items: center; break-inside: avoid; padding: 3px 0; font-size: 14px;
        }
        .bars .name { line-height: 1.25; }
        .bars .value { text-align: right; color: var(--ink); }
        .track { position: relative; height: 8px; border-radius: 4px; background: var(--panel); }
        .track i { position: absolute; top: 0; bottom: 0; left: 0; border-radius: 4px; }
        .track .pale { background: var(--pale); }
        .track .solid { background: var(--accent); }
        .track .chance { top: -3px; bottom: -3px; width: 2px; margin-left: -1px; background: var(--ink); }
        table { border-collapse: collapse; width: 100%; font-size: 14px; }
        th { font-weight: 500; color: var(--soft); text-align: left; }
        th, td { padding: 7px 16px 7px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        .number { text-align: right; padding-right: 32px; white-space: nowrap; }
        .cards {
          display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr));
          gap: 36px 26px; margin-top: 20px;
        }
        .truth { font-weight: 600; font-size: 15px; line-height: 1.3; margin-top: 10px; }
        .guesses li {
          display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; align-items: baseline;
          font-size: 14px; line-height: 1.35; margin-top: 8px; color: var(--soft);
        }
        .guesses .track { grid-column: 1 / -1; height: 4px; }
        .guesses .track .solid { background: var(--soft); opacity: 0.6; }
        .guesses .right { color: var(--good); }
        .guesses .right .value { color: var(--good); }
        .guesses .right .track .solid { background: var(--good); opacity: 1; }
        .search {
          display: grid; grid-template-columns: minmax(140px, 1fr) 5fr; gap: 12px 28px;
          align-items: center; margin-top: 22px;
        }
        .query { font-weight: 600; font-size: 15px; line-height: 1.35; }
        .hits { display: grid; grid-template-columns: repeat(6, 1fr); gap: 14px; }
        .hits .value { display: block; margin-top: 6px; }
        .hits .right img { outline: 3px solid var(--good); outline-offset: -3px; }
        .hits .right .value { color: var(--good); }
        summary { cursor: pointer; color: var(--accent); font-size: 15px; }
        .settings { columns: 2 380px; column-gap: 48px; margin-top: 16px; font-size: 13px; }
        .settings div {
          display: flex; gap: 16px; justify-content: space-between; break-inside: avoid;
          padding: 5px 0; border-bottom: 1px solid var(--rule);
        }
        .settings dt { color: var(--soft); }
        .settings dd {
          font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; text-align: right;
          min-width: 0; overflow-wrap: anywhere;
        }
        @media (max-width: 720px) {
          body { padding: 32px 18px 56px; }
          h1 { font-size: 27px; }
          h2 { margin-top: 48px; }
          .charts { grid-template-columns: minmax(0, 1fr); }
          .chart:first-child .plot { height: 240px; }
          .plot { margin-left: 44px; }
          .cards { grid-template-columns: 1fr 1fr; gap: 28px 18px; }
          .search { grid-template-columns: minmax(0, 1fr); align-items: start; }
          .hits { grid-template-columns: repeat(3, 1fr); }
          .figures { grid-template-columns: 1fr 1fr; gap: 20px; }
          .figures dd { font-size: 24px; }
        }
        @media print { details { display: block; } .search, .card { break-inside: avoid; } }
        """
}
