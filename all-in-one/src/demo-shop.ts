/** A small grocer of coffee, tea and what belongs to them. Prices in cents. */
type Row = readonly [sku: string, name: string, price: number, stock: number, description: string];

const COFFEE: readonly Row[] = [
  [
    'COFFEE-ESPRESSO-1KG',
    'Espresso Roma, 1 kg',
    1890,
    4000,
    'Dark roast from Brazil and Uganda; cocoa and roasted hazelnut.',
  ],
  ['COFFEE-ESPRESSO-250G', 'Espresso Roma, 250 g', 590, 6000, 'The same blend in a small bag.'],
  [
    'COFFEE-FILTER-YIRGACHEFFE',
    'Yirgacheffe, 250 g',
    1090,
    2500,
    'Washed Ethiopian filter coffee; jasmine, bergamot, peach.',
  ],
  ['COFFEE-FILTER-HUEHUE', 'Huehuetenango, 250 g', 990, 2500, 'Guatemalan highland coffee; caramel and red apple.'],
  ['COFFEE-FILTER-NYERI', 'Nyeri AA, 250 g', 1290, 1500, 'Kenyan filter coffee; blackcurrant and tomato leaf.'],
  ['COFFEE-DECAF', 'Decaf Huila, 250 g', 1150, 1200, 'Colombian, decaffeinated with sugar-cane ethyl acetate.'],
  ['COFFEE-GEISHA', 'Geisha Lot 17, 100 g', 2990, 60, 'A micro-lot of Panama Geisha. When it is gone it is gone.'],
  ['COFFEE-COLDBREW-6', 'Cold brew, 6 bottles', 1680, 900, 'Steeped for 18 hours; keeps for 8 weeks.'],
];
const TEA: readonly Row[] = [
  ['TEA-DARJEELING-FF', 'Darjeeling first flush, 100 g', 1490, 1000, 'Spring picking; muscatel and green almond.'],
  ['TEA-ASSAM-TGFOP', 'Assam TGFOP, 250 g', 1190, 1600, 'Malty and strong; takes milk.'],
  ['TEA-EARLGREY', 'Earl Grey, 250 g', 1090, 1800, 'Ceylon with Calabrian bergamot oil.'],
  ['TEA-SENCHA', 'Sencha Kagoshima, 100 g', 1390, 900, 'Deep-steamed green tea; fresh grass and umami.'],
  ['TEA-GYOKURO', 'Gyokuro Uji, 50 g', 2490, 150, 'Shaded for three weeks; sweet and dense.'],
  ['TEA-MATCHA', 'Matcha for drinking, 30 g', 1990, 400, 'Stone-ground in Nishio.'],
  ['TEA-OOLONG-DONGDING', 'Dong Ding oolong, 100 g', 1790, 500, 'Medium roast from Taiwan; toasted rice and orchid.'],
  ['TEA-PUERH-2014', 'Pu-erh cake 2014, 357 g', 4900, 80, 'Ripe; forest floor, dates, camphor.'],
  ['TEA-ROOIBOS', 'Rooibos, 250 g', 790, 1500, 'Long cut, from the Cederberg; no caffeine.'],
  ['TEA-CHAMOMILE', 'Chamomile flowers, 75 g', 690, 1100, 'Whole flowers.'],
];
const EQUIPMENT: readonly Row[] = [
  ['GRINDER-HAND-38', 'Hand grinder, 38 mm', 8900, 300, 'Steel burrs; 20 g of filter coffee in 40 seconds.'],
  ['GRINDER-ELECTRIC-64', 'Electric grinder, 64 mm', 44900, 40, 'Flat burrs, single dose.'],
  ['BREWER-V60-02', 'Pour-over cone 02', 2400, 700, 'Ceramic; for one to four cups.'],
  ['BREWER-AEROPRESS', 'Press brewer', 3900, 600, 'Quick, forgiving, travels well.'],
  ['BREWER-FRENCHPRESS-1L', 'French press, 1 l', 3490, 400, 'Double-walled steel.'],
  ['BREWER-MOKA-3', 'Moka pot, 3 cups', 2990, 450, 'Aluminium; not for induction.'],
  ['BREWER-MOKA-6', 'Moka pot, 6 cups', 3790, 350, 'Aluminium; not for induction.'],
  ['KETTLE-GOOSENECK', 'Gooseneck kettle', 7900, 200, 'Holds its temperature to the degree.'],
  ['SCALE-01G', 'Brewing scale, 0.1 g', 4990, 260, 'With timer; to 2 kg.'],
  ['MACHINE-LEVER', 'Lever espresso machine', 129000, 12, 'Spring lever, 58 mm. Made to order in batches.'],
  ['TEAPOT-KYUSU-300', 'Kyusu, 300 ml', 5900, 120, 'Side-handled clay pot from Tokoname.'],
  ['TEAPOT-GLASS-1L', 'Glass teapot, 1 l', 3290, 300, 'With steel strainer.'],
];
const SUPPLIES: readonly Row[] = [
  ['FILTER-V60-100', 'Paper filters 02, 100 pieces', 690, 5000, 'Bleached with oxygen.'],
  ['FILTER-AEROPRESS-350', 'Press filters, 350 pieces', 590, 3000, 'Micro-paper.'],
  ['CLEANER-BREW-500', 'Brewer cleaner, 500 g', 1290, 800, 'Dissolves coffee oils.'],
  ['DESCALER-250', 'Descaler, 250 ml', 890, 1400, 'Citric and lactic acid.'],
  ['CUP-ESPRESSO-6', 'Espresso cups, set of 6', 4490, 240, 'Thick porcelain, 70 ml.'],
  ['CUP-CUPPING', 'Cupping bowl', 990, 600, '220 ml, stackable.'],
  ['CUP-TRAVEL-340', 'Travel mug, 340 ml', 2790, 500, 'Keeps hot for four hours.'],
  ['WHISK-MATCHA', 'Matcha whisk', 1890, 220, 'Cut from one piece of bamboo, 100 prongs.'],
  ['SYRUP-VANILLA', 'Vanilla syrup, 750 ml', 1190, 700, 'With Madagascan vanilla.'],
  ['MILK-OAT-6', 'Oat drink for baristas, 6 l', 1390, 2200, 'Foams and does not split.'],
];

const category = (name: string, rows: readonly Row[]) =>
  rows.map(([sku, title, amount, stock, description]) => ({
    sku,
    name: title,
    description,
    category: name,
    price: { amount, currency: 'EUR' },
    stock,
  }));

export const demoProducts = [
  ...category('Coffee', COFFEE),
  ...category('Tea', TEA),
  ...category('Equipment', EQUIPMENT),
  ...category('Supplies', SUPPLIES),
];

const NAMES = [
  'Ada Albrecht',
  'Bruno Berger',
  'Clara Conti',
  'David Dupont',
  'Elif Erdem',
  'Farid Fazel',
  'Greta Gruber',
  'Hugo Hansen',
  'Ines Ibarra',
  'Jonas Jansen',
  'Kira Kowalska',
  'Liam Lindqvist',
  'Mona Moreau',
  'Nils Novak',
  'Olga Orlova',
  'Pablo Prieto',
  'Quinn Quist',
  'Rosa Ricci',
  'Sami Saarinen',
  'Tessa Thorne',
] as const;

/** The last two have little money, so that some orders are declined. */
export const demoAccounts = NAMES.map((name, index) => {
  const first = name.split(' ')[0]?.toLowerCase() ?? name;
  const amount = index >= NAMES.length - 2 ? 2_500 : 500_000_00;
  return { accountId: first, name, email: `${first}@example.org`, deposit: { amount, currency: 'EUR' } };
});

/** What the printed example orders. */
export const sample = { accountId: 'ada', sku: 'COFFEE-ESPRESSO-250G' };
