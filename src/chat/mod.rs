//! SPEAKS chat: each channel in a room of its own. A channel brings what people say to the desk under a name by which a
//! repeat is known, and says the lines of their conversations; what is said is for policy to decide.

pub mod telegram;
