impl<impl<
#[#[
m!( $($
r#"fn f( {