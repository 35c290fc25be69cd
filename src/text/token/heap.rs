//! The memory that the parser takes, counted by thread and bounded.
//!
//! tree-sitter takes its memory from functions that the program may replace. The ones here count
//! the bytes that are asked for, so that the count of a text is the same on every machine. They
//! bound it too: a step of the parser may take gigabytes, without asking whether to go on, where a
//! text leaves it with many readings to the end. Only a thread that does nothing but parse can be
//! bounded, since it never comes back from a request that is refused.
//!
//! A bounded thread takes its memory from the system in large pieces and gives all of them back: an
//! allocator that keeps what was freed would keep it once for every thread.

use std::alloc::{self, Layout};
use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;
use std::sync::Once;
use std::thread;

use memmap2::MmapMut;
use tree_sitter::{Allocator, Parser};

/// Bytes in front of each block. As many as keep the block aligned for whatever C stores in it.
const HEADER: usize = 16;

/// Bytes that are taken from the system at a time.
const CHUNK: usize = 1 << 20;

/// Blocks of more bytes are taken from the system one by one.
const LARGEST_IN_CHUNK: usize = CHUNK / 4;

/// The place of a block that no bounded thread took.
const UNBOUNDED: usize = usize::MAX;
/// The place of a block in a chunk.
const IN_CHUNK: usize = usize::MAX - 1;

/// What stands in front of each block.
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    /// Bytes that were asked for, or in a chunk those of the block's class.
    size: usize,
    /// [`UNBOUNDED`], [`IN_CHUNK`], or the block's place in [`Heap::large`].
    place: usize,
}

/// What asks a bounded thread whether to go on.
pub(super) trait Guard {
    /// The thread is about to hold so many bytes. May wait.
    fn allows(&mut self, bytes: usize) -> bool;

    /// A request was refused: all memory of the parser is free again, and the thread will do
    /// nothing any more.
    fn on_refusal(&mut self);
}

/// The memory that a bounded thread holds.
struct Heap {
    chunks: Vec<MmapMut>,
    /// Bytes of the last chunk that were handed out.
    used: usize,
    /// The first free block of each class; each holds the address of the next.
    free: [*mut Header; CLASSES],
    large: Vec<MmapMut>,
    live: usize,
    guard: Box<dyn Guard>,
}

thread_local! {
    static HEAP: RefCell<Option<Heap>> = const { RefCell::new(None) };
}

/// Makes a parser. Every parser of the process must come from here: what another one took before
/// the first call cannot be freed after it.
pub fn parser() -> Parser {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(install);
    Parser::new()
}

/// Bounds this thread from now on. Its parsers and trees must not leave it.
pub(super) fn bound_thread(guard: Box<dyn Guard>) {
    HEAP.with_borrow_mut(|heap| *heap = Some(Heap::new(guard)));
}

/// Gives the memory of this thread back to the system if no parser and no tree is left on it.
pub(super) fn give_back() {
    HEAP.with_borrow_mut(|heap| {
        if let Some(heap) = heap.as_mut().filter(|heap| heap.live == 0) {
            heap.clear();
        }
    });
}

#[allow(unsafe_code)]
fn install() {
    // SAFETY: the four functions belong together, never unwind, and answer as those of C do;
    // `parser` calls this before the library makes its first object.
    unsafe { tree_sitter::set_allocator(Some(Allocator { malloc, calloc, realloc, free })) };
}

/// Blocks of up to so many bytes have a class for each multiple of 16; above, there are four
/// classes to each doubling.
const FINE: usize = 1024;
const CLASSES: usize = FINE / 16 + 4 * (LARGEST_IN_CHUNK / FINE).ilog2() as usize + 1;

/// The class of a block in a chunk and how many bytes it has.
fn class(size: usize) -> (usize, usize) {
    if size <= FINE {
        let class = size.max(1).div_ceil(16);
        return (class, class * 16);
    }
    let doubling = (size - 1).ilog2();
    let step = (1usize << doubling) / 4;
    let quarter = (size - (1 << doubling)).div_ceil(step);
    (FINE / 16 + 4 * (doubling - FINE.ilog2()) as usize + quarter, (1 << doubling) + quarter * step)
}

impl Heap {
    fn new(guard: Box<dyn Guard>) -> Heap {
        Heap {
            chunks: Vec::new(),
            // As if a chunk were full, so that the first block takes one.
            used: CHUNK,
            free: [ptr::null_mut(); CLASSES],
            large: Vec::new(),
            live: 0,
            guard,
        }
    }

    /// Lets go of everything.
    fn clear(&mut self) {
        (self.chunks, self.large) = (Vec::new(), Vec::new());
        (self.used, self.free, self.live) = (CHUNK, [ptr::null_mut(); CLASSES], 0);
    }

    /// Takes so many bytes more, or stops this thread for good.
    fn admit(&mut self, bytes: usize) {
        if !self.guard.allows(self.live.saturating_add(bytes)) {
            // The functions of C that wait for an answer have no one to return to, and touch
            // nothing any more.
            self.clear();
            self.guard.on_refusal();
            loop {
                thread::park();
            }
        }
        self.live += bytes;
    }

    #[allow(unsafe_code)]
    fn take(&mut self, size: usize) -> *mut Header {
        if size > LARGEST_IN_CHUNK {
            self.admit(size);
            let mut map = map(size.saturating_add(HEADER));
            let block = map.as_mut_ptr().cast::<Header>();
            let header = Header { size, place: self.large.len() };
            self.large.push(map);
            // SAFETY: a map is larger than a header and aligned as pages are.
            unsafe { block.write(header) };
            return block;
        }
        let (class, size) = class(size);
        self.admit(size + HEADER);
        let block = match self.free[class] {
            block if block.is_null() => self.fresh(size + HEADER),
            block => {
                // SAFETY: a free block holds the address of the next where its bytes begin.
                self.free[class] = unsafe { block.add(1).cast::<*mut Header>().read() };
                block
            }
        };
        // SAFETY: the block has a header and `size` bytes.
        unsafe { block.write(Header { size, place: IN_CHUNK }) };
        block
    }

    /// Bytes of a chunk that were never handed out. What is left of the chunk before stays unused.
    #[allow(unsafe_code)]
    fn fresh(&mut self, bytes: usize) -> *mut Header {
        if self.used + bytes > CHUNK {
            self.chunks.push(map(CHUNK));
            self.used = 0;
        }
        let start = self.chunks.last_mut().map_or(ptr::null_mut(), |chunk| chunk.as_mut_ptr());
        // SAFETY: so many bytes of the last chunk are left.
        let block = unsafe { start.add(self.used) };
        self.used += bytes;
        block.cast()
    }

    #[allow(unsafe_code)]
    fn give(&mut self, block: *mut Header) {
        // SAFETY: the block was taken from this heap; behind its header is room for an address, as
        // every class has.
        unsafe {
            let Header { size, place } = *block;
            if place == IN_CHUNK {
                self.live -= size + HEADER;
                let (class, _) = class(size);
                block.add(1).cast::<*mut Header>().write(self.free[class]);
                self.free[class] = block;
                return;
            }
            self.live -= size;
            self.large.swap_remove(place);
            // The last map has taken this place, and its header must say so.
            if let Some(moved) = self.large.get_mut(place) {
                (*moved.as_mut_ptr().cast::<Header>()).place = place;
            }
        }
    }
}

/// Memory of the system's, all zero.
fn map(bytes: usize) -> MmapMut {
    MmapMut::map_anon(bytes).unwrap_or_else(|_| alloc::handle_alloc_error(layout(bytes)))
}

/// The layout of an unbounded block of so many bytes with its header.
fn layout(size: usize) -> Layout {
    let whole =
        size.checked_add(HEADER).and_then(|whole| Layout::from_size_align(whole, HEADER).ok());
    // As if the system refused: no tree is as large as half of all addresses.
    whole.unwrap_or_else(|| alloc::handle_alloc_error(Layout::new::<Header>()))
}

#[allow(unsafe_code)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    let block = HEAP.with_borrow_mut(|heap| heap.as_mut().map(|heap| heap.take(size)));
    // SAFETY: every block begins with its header; a layout with a header is never empty.
    unsafe {
        let block = block.unwrap_or_else(|| {
            let block = alloc::alloc(layout(size)).cast::<Header>();
            if block.is_null() {
                alloc::handle_alloc_error(layout(size));
            }
            block.write(Header { size, place: UNBOUNDED });
            block
        });
        block.add(1).cast()
    }
}

#[allow(unsafe_code)]
unsafe extern "C" fn calloc(many: usize, each: usize) -> *mut c_void {
    let size = many.saturating_mul(each);
    // SAFETY: the block has so many bytes.
    unsafe {
        let block = malloc(size);
        block.cast::<u8>().write_bytes(0, size);
        block
    }
}

#[allow(unsafe_code)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the library hands back what it was given, which begins with a header.
    unsafe {
        if block.is_null() {
            return malloc(size);
        }
        let before = (*block.cast::<Header>().sub(1)).size;
        // In a chunk, `before` is the size of the block's class, up to which it grows in place.
        if size <= before && before <= size.saturating_mul(2) {
            return block;
        }
        let moved = malloc(size);
        moved.cast::<u8>().copy_from_nonoverlapping(block.cast(), before.min(size));
        free(block);
        moved
    }
}

#[allow(unsafe_code)]
unsafe extern "C" fn free(block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: as in `realloc`; an unbounded block was taken with the layout of its size, and a
    // bounded one is given back on the thread that took it.
    unsafe {
        let block = block.cast::<Header>().sub(1);
        let Header { size, place } = *block;
        if place == UNBOUNDED {
            alloc::dealloc(block.cast(), layout(size));
        } else {
            HEAP.with_borrow_mut(|heap| heap.as_mut().map(|heap| heap.give(block)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_is_asked_for_and_grow_one_by_one() {
        let mut last = 0;
        for size in 0..=LARGEST_IN_CHUNK {
            let (class, bytes) = class(size);
            assert!(bytes >= size.max(16) && bytes <= size + size / 4 + 16, "{size}: {bytes}");
            assert_eq!(bytes % 16, 0, "{size}");
            assert!(class == last || class == last + 1, "{size}: {class} after {last}");
            last = class;
        }
        assert_eq!(last, CLASSES - 1);
    }

    struct Always;

    impl Guard for Always {
        fn allows(&mut self, _: usize) -> bool {
            true
        }

        fn on_refusal(&mut self) {}
    }

    #[test]
    #[allow(unsafe_code)]
    fn blocks_keep_their_bytes_and_everything_comes_back() {
        bound_thread(Box::new(Always));
        let sizes =
            [0, 1, 16, 17, 1000, 1025, 70_000, LARGEST_IN_CHUNK, LARGEST_IN_CHUNK + 1, 5 << 20];
        let live =
            || HEAP.with_borrow(|heap| heap.as_ref().map(|heap| (heap.live, heap.large.len())));
        for _ in 0..3 {
            // SAFETY: each block is used within the bytes that were asked for, and freed once.
            unsafe {
                let blocks: Vec<*mut u8> = sizes.iter().map(|&size| malloc(size).cast()).collect();
                for (i, (&block, &size)) in blocks.iter().zip(&sizes).enumerate() {
                    assert_eq!(block as usize % 16, 0);
                    block.write_bytes(i as u8, size);
                }
                let grown: Vec<*mut u8> = blocks
                    .iter()
                    .zip(&sizes)
                    .map(|(&it, size)| realloc(it.cast(), size * 3).cast())
                    .collect();
                for (i, (&block, &size)) in grown.iter().zip(&sizes).enumerate() {
                    assert!((0..size).all(|at| block.add(at).read() == i as u8), "{size}");
                    free(block.cast());
                }
                let zeros: *mut u8 = calloc(100, 7).cast();
                assert!((0..700).all(|at| zeros.add(at).read() == 0));
                free(zeros.cast());
            }
            assert_eq!(live(), Some((0, 0)));
            give_back();
        }
    }
}
