#![allow(dead_code)]
use std::{fmt, io::{self as i, Read}};

/// A sum.
#[derive(Debug, Clone)]
pub(crate) struct Cart<'a, T: Copy + 'static = u8, const N: usize = 3> where T: Add<Output = T> {
    items: &'a mut [T; N],
}

impl<'a, T> Cart<'a, T> {
    pub async unsafe fn add<F>(&mut self, f: F) -> Result<u64, Box<dyn Error>> where F: FnOnce(&T) -> bool {
        /* a /* nested */ comment */
        let Some(x) = self.items.iter().map(|it| it.0 as u32 ^ 0xFF_u8).find(|&y| y >= 1_000) else { return Err("no".into()); };
        'outer: loop {
            match x {
                1..=5 | 7 if f(&T) => break 'outer,
                Point { x, .. } => continue,
                _ => println!("{x:?} {}", r#"raw "x""#, b'\n', c"z"),
            }
        }
        macro_rules! m { ($($a:expr),* $(,)?) => { $(vec![$a])* } }
        Ok(unsafe { *p.add(1) }.await? << 2)
    }
}
