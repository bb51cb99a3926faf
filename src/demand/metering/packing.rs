//! How many Dedicated Hosts hold some instances: physical cores, and a most for each size.
//!
//! Source: docs.aws.amazon.com, EC2 User Guide, "Amazon EC2 Dedicated Host instance capacity configurations": a host
//! holds one instance type, or, of some families, several whose cores fit together; each size has a most besides.
//! AWS warns that a mix that fits by cores may not fit: the launch order matters. docs/billing-rules.md, R75.

use std::collections::BTreeSet;

/// What a size takes of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeOnHost {
    /// Physical cores of one instance.
    pub cores: u32,
    /// So many fit on a host by themselves.
    pub most: u32,
    /// Whether it may share a host with other sizes.
    pub mixes: bool,
}

/// Hosts for some instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Packed {
    /// So many do.
    pub hosts: u64,
    /// Fewer than so many do not; the same, but for mixes too large to be tried out.
    pub at_least: u64,
}

/// What is tried before a mix counts as too large.
const TRIALS: usize = 20_000;

/// Packs instances, counted by size, onto hosts of so many physical cores.
pub fn pack(host_cores: u32, sizes: &[SizeOnHost], instances: &[u64]) -> Packed {
    let counted = || sizes.iter().zip(instances.iter().copied());
    let alone = counted().filter(|(size, _)| !size.mixes);
    let alone: u64 = alone.map(|(size, count)| hosts_for(size, count)).sum();
    let mut mixed: Vec<(SizeOnHost, u64)> = counted()
        .filter(|(size, count)| size.mixes && *count > 0)
        .map(|(size, count)| (*size, count))
        .collect();
    mixed.sort_by_key(|(size, _)| std::cmp::Reverse((size.cores, size.most)));
    let (sizes, counts): (Vec<_>, Vec<_>) = mixed.into_iter().unzip();
    let mix = Mix {
        cores: host_cores.into(),
        sizes,
    };
    let packed = mix.pack(&counts);
    Packed {
        hosts: alone + packed.hosts,
        at_least: alone + packed.at_least,
    }
}

fn hosts_for(size: &SizeOnHost, count: u64) -> u64 {
    count.div_ceil(u64::from(size.most.max(1)))
}

/// Sizes that share hosts, the largest first.
struct Mix {
    cores: u64,
    sizes: Vec<SizeOnHost>,
}

impl Mix {
    fn pack(&self, counts: &[u64]) -> Packed {
        let at_least = self.bound(counts);
        let mut hosts = self.largest_first(counts);
        let mut trials = 0;
        let mut proven = at_least;
        while proven < hosts {
            let mut seen = BTreeSet::new();
            match self.fit(counts, proven, &mut seen, &mut trials) {
                Some(true) => hosts = proven,
                Some(false) => proven += 1,
                None => break,
            }
        }
        Packed {
            hosts,
            at_least: proven,
        }
    }

    /// Hosts that are needed by cores, and by the most of each size.
    fn bound(&self, counts: &[u64]) -> u64 {
        let sizes = self.sizes.iter().zip(counts);
        let cores: u64 = sizes
            .clone()
            .map(|(size, n)| u64::from(size.cores) * n)
            .sum();
        let by_size = sizes.map(|(size, &count)| hosts_for(size, count));
        by_size.fold(cores.div_ceil(self.cores.max(1)), u64::max)
    }

    /// Hosts when each size, the largest first, fills what is free and then new ones.
    fn largest_first(&self, counts: &[u64]) -> u64 {
        let mut free: Vec<u64> = Vec::new();
        for (size, &count) in self.sizes.iter().zip(counts) {
            let (cores, mut left) = (u64::from(size.cores.max(1)), count);
            let fits = |free: u64| free.div_euclid(cores).min(size.most.into());
            for free in &mut free {
                let placed = fits(*free).min(left);
                *free -= placed * cores;
                left -= placed;
            }
            while left > 0 {
                // A size of more cores than a host has takes all of it.
                let placed = fits(self.cores).max(1).min(left);
                free.push(self.cores.saturating_sub(placed * cores));
                left -= placed;
            }
        }
        free.len() as u64
    }

    /// Whether so many hosts do; `None` when that takes too long to find out.
    fn fit(
        &self,
        left: &[u64],
        hosts: u64,
        seen: &mut BTreeSet<Vec<u64>>,
        trials: &mut usize,
    ) -> Option<bool> {
        if self.bound(left) > hosts {
            return Some(false);
        }
        if left.iter().all(|&count| count == 0) {
            return Some(true);
        }
        *trials += 1;
        if *trials > TRIALS {
            return None;
        }
        if !seen.insert(left.to_vec()) {
            return Some(false);
        }
        for load in self.loads(left) {
            let rest = left.iter().zip(&load).map(|(left, load)| left - load);
            let rest: Vec<u64> = rest.collect();
            if self.fit(&rest, hosts - 1, seen, trials)? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Every way to fill a host that leaves no room for one more of what is left; the largest sizes first.
    fn loads(&self, left: &[u64]) -> Vec<Vec<u64>> {
        let mut loads = Vec::new();
        self.load(left, self.cores, &mut Vec::new(), &mut loads);
        loads
    }

    fn load(&self, left: &[u64], free: u64, load: &mut Vec<u64>, loads: &mut Vec<Vec<u64>>) {
        let at = load.len();
        let Some((size, &count)) = self.sizes.get(at).zip(left.get(at)) else {
            loads.push(load.clone());
            return;
        };
        let cores = u64::from(size.cores.max(1));
        let most = free.div_euclid(cores).min(size.most.into()).min(count);
        // Fewer of the last size than fit is never better.
        let least = if at + 1 == self.sizes.len() { most } else { 0 };
        for placed in (least..=most).rev() {
            load.push(placed);
            self.load(left, free - placed * cores, load, loads);
            load.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn size(cores: u32, most: u32) -> SizeOnHost {
        SizeOnHost {
            cores,
            most,
            mixes: true,
        }
    }

    /// An r5 host, as far as AWS's page tells: 48 cores, two 8xlarge (16 cores); 4xlarge and 2xlarge by their cores.
    const R5: [SizeOnHost; 4] = [size(24, 2), size(16, 2), size(8, 6), size(4, 12)];

    #[test]
    fn mixes_of_the_documentation_fit_on_one_host() {
        let one = Packed {
            hosts: 1,
            at_least: 1,
        };
        // 4 x 4xlarge + 4 x 2xlarge; and 2 x 8xlarge leave 16 cores, which two 4xlarge fill.
        assert_eq!(pack(48, &R5, &[0, 0, 4, 4]), one);
        assert_eq!(pack(48, &R5, &[0, 2, 2, 0]), one);
        assert_eq!(pack(48, &R5, &[0, 3, 0, 0]).hosts, 2);
        assert_eq!(pack(48, &R5, &[0, 0, 0, 0]), Packed::default());
    }

    #[test]
    fn one_type_a_host_adds_up() {
        let alone = |cores, most| SizeOnHost {
            mixes: false,
            ..size(cores, most)
        };
        let packed = pack(24, &[alone(1, 22), alone(2, 11)], &[23, 11]);
        assert_eq!((packed.hosts, packed.at_least), (3, 3));
    }

    #[test]
    fn what_largest_first_misses_is_tried_out() {
        // Cores 10: 6 + 4, 5 + 5 is best; largest first gives the 4 to the 6.
        let sizes = [size(6, 1), size(5, 2), size(4, 2)];
        let packed = pack(10, &sizes, &[1, 2, 1]);
        assert_eq!((packed.hosts, packed.at_least), (2, 2));
        // 7 + 3, 5 + 5 and 4 + 3 + 3: largest first puts a 3 beside each 7 and 5.
        let sizes = [size(7, 1), size(5, 2), size(4, 2), size(3, 3)];
        let packed = pack(10, &sizes, &[1, 2, 1, 3]);
        assert_eq!((packed.hosts, packed.at_least), (3, 3));
    }

    /// Hosts for a few instances, by trying every host for each.
    fn by_trying(cores: u32, sizes: &[SizeOnHost], instances: &[usize]) -> u64 {
        fn place(
            cores: u32,
            sizes: &[SizeOnHost],
            left: &[usize],
            hosts: &mut Vec<Vec<usize>>,
        ) -> bool {
            let Some((&first, rest)) = left.split_first() else {
                return true;
            };
            for at in 0..hosts.len() {
                hosts[at].push(first);
                let used: u32 = hosts[at].iter().map(|&size| sizes[size].cores).sum();
                let same = hosts[at].iter().filter(|&&size| size == first).count();
                let fits = used <= cores && same <= sizes[first].most as usize;
                if fits && place(cores, sizes, rest, hosts) {
                    return true;
                }
                hosts[at].pop();
            }
            false
        }
        (0..=instances.len())
            .find(|&count| place(cores, sizes, instances, &mut vec![Vec::new(); count]))
            .map_or(0, |count| count as u64)
    }

    proptest! {
        #[test]
        fn as_good_as_trying_everything(counts in prop::collection::vec(0_usize..3, 4)) {
            let instances: Vec<usize> = counts
                .iter()
                .enumerate()
                .flat_map(|(size, &count)| std::iter::repeat_n(size, count))
                .collect();
            let found = pack(48, &R5, &counts.iter().map(|&n| n as u64).collect::<Vec<_>>());
            prop_assert_eq!(found.hosts, found.at_least);
            prop_assert_eq!(found.hosts, by_trying(48, &R5, &instances));
        }
    }
}
