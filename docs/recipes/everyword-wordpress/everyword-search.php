<?php
/**
 * Plugin Name: Everyword search
 * Description: A search box for every word spoken in your episodes: [everyword_search]
 * Version: 1.0
 * Requires at least: 6.5
 * Requires PHP: 7.4
 * License: MIT
 * Text Domain: everyword-search
 */

if (!defined('ABSPATH')) {
    exit;
}

/** The attributes of the element that a shortcode may set. */
const EVERYWORD_ATTRIBUTES = array('show', 'episode', 'player', 'theme', 'page-size', 'modal');

/** Return the archive's address without a slash at its end, or "" where it is none. */
function everyword_archive($address)
{
    $address = rtrim(trim((string) $address), '/');
    return preg_match('~^https?://[^\s"\'<>]+$~', $address) ? $address : '';
}

/**
 * Render [everyword_search show="Island Voices"].
 *
 * The archive's script runs in the site, and whoever may write a draft may write a shortcode: so the
 * archive is a setting, which only an administrator may change, and no attribute. What is inside the
 * element may stand in a paragraph, as a shortcode may: a form would end it, and the element with it.
 */
function everyword_shortcode($given)
{
    $given = is_array($given) ? $given : array();
    $archive = everyword_archive(get_option('everyword_archive', ''));
    if ($archive === '') {
        return current_user_can('edit_posts')
            ? esc_html__('Everyword: an administrator has to name the archive in Settings > Reading.', 'everyword-search')
            : '';
    }
    wp_enqueue_script_module('everyword-search', $archive . '/widget/everyword-search.js', array(), null);
    $attributes = ' api="' . esc_attr($archive) . '"';
    // WordPress gives attributes without a value as numbered ones: [everyword_search modal].
    $bare = array_filter($given, 'is_int', ARRAY_FILTER_USE_KEY);
    foreach (EVERYWORD_ATTRIBUTES as $name) {
        if (isset($given[$name])) {
            $attributes .= ' ' . $name . '="' . esc_attr($given[$name]) . '"';
        } elseif (in_array($name, $bare, true)) {
            $attributes .= ' ' . $name;
        }
    }
    return '<everyword-search' . $attributes . '>'
        . '<a href="' . esc_url($archive . '/search') . '">'
        . esc_html__('Search every spoken word', 'everyword-search')
        . '</a></everyword-search>';
}

/** Keep what an administrator wrote, if it is an address; else keep what was there, and say so. */
function everyword_kept($address)
{
    $archive = everyword_archive($address);
    if ($archive === '' && trim((string) $address) !== '') {
        add_settings_error(
            'everyword_archive',
            'everyword_archive',
            __('Everyword: the archive is an address such as https://archive.example.', 'everyword-search')
        );
        return get_option('everyword_archive', '');
    }
    return $archive;
}

/** Draw the setting. */
function everyword_field()
{
    echo '<input type="url" class="regular-text code" id="everyword_archive" name="everyword_archive"'
        . ' placeholder="https://archive.example" value="' . esc_attr(get_option('everyword_archive', '')) . '">'
        . '<p class="description">'
        . esc_html__('Its script runs in your pages: name an archive that you trust.', 'everyword-search') . '</p>';
}

/** Put the setting under Settings > Reading. */
function everyword_settings()
{
    register_setting('reading', 'everyword_archive', array('sanitize_callback' => 'everyword_kept'));
    $label = __('Everyword archive', 'everyword-search');
    $for = array('label_for' => 'everyword_archive');
    add_settings_field('everyword_archive', $label, 'everyword_field', 'reading', 'default', $for);
}

/** Lead from the list of plugins to the setting. */
function everyword_links($links)
{
    $to = '<a href="' . esc_url(admin_url('options-reading.php#everyword_archive')) . '">';
    array_unshift($links, $to . esc_html__('Settings', 'everyword-search') . '</a>');
    return $links;
}

add_shortcode('everyword_search', 'everyword_shortcode');
add_action('admin_init', 'everyword_settings');
add_filter('plugin_action_links_' . plugin_basename(__FILE__), 'everyword_links');
