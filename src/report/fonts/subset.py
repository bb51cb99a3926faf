# Makes the two faces under src/report/fonts: Latin and symbols, tabular digits, no hints.
import sys
from fontTools.ttLib import TTFont
from fontTools import subset
UNI=[*range(0x20,0x7f),*range(0xa0,0x180),0x192,0x218,0x219,0x21a,0x21b,0x2c6,0x2c7,0x2d8,0x2d9,0x2da,0x2db,0x2dc,0x2dd,
 0x1e9e,0x2002,0x2003,0x2009,0x200a,0x200b,0x202f,0x2010,0x2011,0x2012,0x2013,0x2014,0x2018,0x2019,0x201a,0x201c,0x201d,0x201e,0x2020,0x2021,0x2022,0x2026,
 0x2030,0x2032,0x2033,0x2039,0x203a,0x20a9,0x20ac,0x20b9,0x2122,0x2190,0x2191,0x2192,0x2193,0x2202,0x2206,0x2211,0x2212,0x221a,0x221e,0x2248,0x2260,0x2264,0x2265,
 0x25a0,0x25a1,0x25b2,0x25b6,0x25bc,0x25c6,0x25cb,0x25cf,0x2713,0x2717]
for w in ("Regular","SemiBold"):
    f=TTFont(f"package/web/Inter-{w}.woff2")
    rec={}
    for fr in f["GSUB"].table.FeatureList.FeatureRecord:
        if fr.FeatureTag=="tnum":
            for li in fr.Feature.LookupListIndex:
                for st in f["GSUB"].table.LookupList.Lookup[li].SubTable:
                    st=getattr(st,"ExtSubTable",st)
                    if hasattr(st,"mapping"): rec.update(st.mapping)
    for t in f["cmap"].tables:
        for cp in range(0x30,0x3a):
            g=t.cmap.get(cp)
            if g in rec: t.cmap[cp]=rec[g]
    o=subset.Options(); o.hinting=False; o.layout_features=["kern","mark","mkmk","ccmp","locl"]; o.name_IDs=["*"]; o.notdef_outline=True; o.desubroutinize=True
    s=subset.Subsetter(o); s.populate(unicodes=UNI); s.subset(f); f.flavor=None
    f.save(f"Inter-{w}.ttf"); g=TTFont(f"Inter-{w}.ttf")
    print(w,{cp:g["hmtx"][g.getBestCmap()[cp]] for cp in map(ord,"0178.,")},g["hhea"].ascent,g["hhea"].descent,g["head"].unitsPerEm,g["OS/2"].sCapHeight,g["OS/2"].sxHeight,len(g.getGlyphOrder()), [str(n) for n in g["name"].names if n.nameID in(0,1,2,13,16,17)][:8], sorted(set(UNI)-set(g.getBestCmap())))
